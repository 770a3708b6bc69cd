//! reset, exhaust and release.

use crate::answer::Refusal;
use crate::handles::lock;
use crate::{system, Driver};
use std::fs::File;
use std::time::Duration;

/// The descriptors a process may have once `exhaust` was called.
const FEW: u64 = 256;

impl Driver {
    pub fn reset(&self) -> Result<String, Refusal> {
        self.release()?;
        self.servers.stop_all();
        self.message_servers.stop_all();
        self.close_all();
        for fd in lock(&self.handles.descriptors).drain() {
            system::close(fd)?;
        }
        if !self.tasks.finish(Duration::from_secs(2)) {
            return Err(Refusal::named("PENDING"));
        }
        self.close_all(); // one accepted while we were closing
        self.handles.forget_sockets();
        Ok(String::new())
    }

    fn close_all(&self) {
        for socket in self.handles.sockets() {
            // Closed behind its back by the scenario: nothing is left to close.
            let _ = socket.close();
        }
    }

    pub fn exhaust(&self) -> Result<String, Refusal> {
        system::limit_descriptors(FEW)?;
        let mut filler = lock(&self.handles.filler);
        loop {
            match File::open("/dev/null") {
                Ok(file) => filler.push(file),
                Err(error) if error.raw_os_error() == Some(libc::EMFILE) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(format!("n={}", filler.len()))
    }

    pub fn release(&self) -> Result<String, Refusal> {
        lock(&self.handles.filler).clear();
        system::restore_descriptor_limit()?;
        Ok(String::new())
    }
}
