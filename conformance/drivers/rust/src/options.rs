//! Options: through the library's own functions, and by number.

use crate::answer::Refusal;
use crate::request::{is_on, malformed, number, timeout, Request};
use crate::values::on_off;
use crate::Driver;
use polysock::{Keepalive, Socket, Timeout};
use std::time::Duration;

type Fields = Result<String, Refusal>;

impl Driver {
    pub fn set(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let value = request.argument(2)?;
        match request.argument(1)? {
            "nodelay" => socket.set_nodelay(is_on(value)?)?,
            "keepalive" => socket.set_keepalive(is_on(value)?.then(Keepalive::default))?,
            "reuseaddr" => socket.set_reuse_address(is_on(value)?)?,
            "oobinline" => socket.set_out_of_band_inline(is_on(value)?)?,
            "udp_gro" => socket.set_receive_offload(is_on(value)?)?,
            "linger" if value == "off" => socket.set_linger(None)?,
            "linger" => socket.set_linger(Some(Duration::from_secs(number(value)?)))?,
            "sndbuf" => socket.set_send_buffer(number(value)?)?,
            "rcvbuf" => socket.set_recv_buffer(number(value)?)?,
            "timeout" => socket.set_timeout(timeout(value)?),
            "blocking" => socket.set_blocking(is_on(value)?)?,
            other => return Err(malformed(&format!("no option {other}"))),
        }
        Ok(String::new())
    }

    pub fn get(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let value = match request.argument(1)? {
            "nodelay" => on_off(socket.nodelay()?).to_owned(),
            "keepalive" => on_off(socket.keepalive()?.is_some()).to_owned(),
            "reuseaddr" => on_off(socket.reuse_address()?).to_owned(),
            "oobinline" => on_off(socket.out_of_band_inline()?).to_owned(),
            "udp_gro" => on_off(socket.receive_offload()?).to_owned(),
            "linger" => {
                let linger = socket.linger()?;
                linger.map_or_else(|| "off".to_owned(), |linger| linger.as_secs().to_string())
            }
            "sndbuf" => socket.send_buffer()?.to_string(),
            "rcvbuf" => socket.recv_buffer()?.to_string(),
            "timeout" => match socket.recv_timeout() {
                Timeout::Never => "never".to_owned(),
                Timeout::NonBlocking => "0".to_owned(),
                Timeout::After(duration) => duration.as_millis().to_string(),
            },
            other => return Err(malformed(&format!("no option {other}"))),
        };
        Ok(format!("value={value}"))
    }

    pub fn set_raw(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let (option, value) = (request.argument(1)?, request.argument(2)?);
        if option == "SO_LINGER" {
            let (on, seconds) = value.split_once(':').ok_or_else(|| malformed("ONOFF:SECONDS"))?;
            let pair: [i32; 2] = [number(on)?, number(seconds)?];
            let bytes = pair.map(i32::to_ne_bytes).concat();
            socket.set_option(libc::SOL_SOCKET, libc::SO_LINGER, &bytes)?;
        } else {
            set_int(&socket, option, number(value)?)?;
        }
        Ok(String::new())
    }

    pub fn get_raw(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let option = request.argument(1)?;
        if option != "SO_LINGER" {
            return Ok(format!("value={}", int(&socket, option)?));
        }
        let mut bytes = [0; 8];
        socket.option(libc::SOL_SOCKET, libc::SO_LINGER, &mut bytes)?;
        let [a, b, c, d, e, f, g, h] = bytes;
        let (on, seconds) = (i32::from_ne_bytes([a, b, c, d]), i32::from_ne_bytes([e, f, g, h]));
        Ok(format!("value={on}:{seconds}"))
    }
}

fn set_int(socket: &Socket, option: &str, value: i32) -> Result<(), Refusal> {
    let (level, name) = raw(option)?;
    socket.set_option(level, name, &value.to_ne_bytes())?;
    Ok(())
}

fn int(socket: &Socket, option: &str) -> Result<i32, Refusal> {
    let (level, name) = raw(option)?;
    Ok(socket.int_option(level, name)?)
}

/// Its level and name, if this system has it.
fn raw(option: &str) -> Result<(i32, i32), Refusal> {
    Ok(match option {
        "SO_REUSEADDR" => (libc::SOL_SOCKET, libc::SO_REUSEADDR),
        "SO_KEEPALIVE" => (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
        "SO_OOBINLINE" => (libc::SOL_SOCKET, libc::SO_OOBINLINE),
        "SO_SNDBUF" => (libc::SOL_SOCKET, libc::SO_SNDBUF),
        "SO_RCVBUF" => (libc::SOL_SOCKET, libc::SO_RCVBUF),
        "SO_ERROR" => (libc::SOL_SOCKET, libc::SO_ERROR),
        "SO_TYPE" => (libc::SOL_SOCKET, libc::SO_TYPE),
        #[cfg(not(target_vendor = "apple"))]
        "SO_DOMAIN" => (libc::SOL_SOCKET, libc::SO_DOMAIN),
        #[cfg(not(target_vendor = "apple"))]
        "SO_PROTOCOL" => (libc::SOL_SOCKET, libc::SO_PROTOCOL),
        #[cfg(target_os = "linux")]
        "SO_TIMESTAMPING" => (libc::SOL_SOCKET, libc::SO_TIMESTAMPING),
        "SO_ACCEPTCONN" => (libc::SOL_SOCKET, libc::SO_ACCEPTCONN),
        "TCP_NODELAY" => (libc::IPPROTO_TCP, libc::TCP_NODELAY),
        #[cfg(target_os = "linux")]
        "TCP_CORK" => (libc::IPPROTO_TCP, libc::TCP_CORK),
        #[cfg(not(target_vendor = "apple"))]
        "TCP_KEEPIDLE" => (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
        #[cfg(target_vendor = "apple")]
        "TCP_KEEPIDLE" => (libc::IPPROTO_TCP, libc::TCP_KEEPALIVE),
        "TCP_KEEPINTVL" => (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
        "TCP_KEEPCNT" => (libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
        #[cfg(target_os = "linux")]
        "TCP_USER_TIMEOUT" => (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
        "IPV6_V6ONLY" => (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
        other => return Err(malformed(&format!("no option {other}"))),
    })
}
