//! Connecting to the first of several addresses that answers: the core's race, with sockets that Python makes.

use crate::arguments::{self, CInt};
use crate::core_call::CoreCall;
use crate::errors::{self, Context, Failure};
use crate::socket::NativeSocket;
use crate::{address, audit};
use polysock::{Address, Family, Kind, RaceStep, Socket};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard};

/// Connection attempts to several addresses, each known by its place in their list. Only one thread uses it at a time.
#[pyclass(module = "polysock._native", frozen)]
pub struct Race(Mutex<Running>);

struct Running {
    race: polysock::Race<Arc<Socket>>,
    winner: Option<usize>,
    /// The addresses of the attempts that have started.
    targets: Vec<(usize, Address)>,
}

#[pymethods]
impl Race {
    /// A race of addresses of these families. `delay` is the time between two attempts; None gives each attempt its share of
    /// the timeout. With `one_at_a_time` an attempt ends before the next one starts.
    #[new]
    #[pyo3(signature = (families, timeout, delay, one_at_a_time, /))]
    fn new(
        py: Python<'_>,
        families: Vec<CInt>,
        timeout: &Bound<'_, PyAny>,
        delay: &Bound<'_, PyAny>,
        one_at_a_time: bool,
    ) -> PyResult<Self> {
        let families: Vec<_> = families.into_iter().map(|family| Family(family.0)).collect();
        let timeout = arguments::timeout(timeout)?;
        let delay = if delay.is_none() {
            None
        } else {
            Some(arguments::duration(delay)?)
        };
        let race = if one_at_a_time {
            polysock::Race::one_at_a_time(&families, timeout)
        } else {
            polysock::Race::new(&families, delay, timeout)
        };
        let race = errors::raise(py, race)?;
        Ok(Self(Mutex::new(Running {
            race,
            winner: None,
            targets: Vec::new(),
        })))
    }

    /// Waits until the next attempt should start, and returns its place; None when the race is over.
    fn step(&self, py: Python<'_>) -> PyResult<Option<usize>> {
        let mut running = self.running()?;
        Ok(match CoreCall::new(py).run(|caller| running.race.step(caller))? {
            RaceStep::Start(place) => Some(place),
            RaceStep::Won(place, _) => {
                running.winner = Some(place);
                None
            }
            RaceStep::Lost(_) => None,
        })
    }

    /// Starts an attempt: the socket connects to the address.
    fn enter(&self, place: usize, socket: &Bound<'_, NativeSocket>, to: &Bound<'_, PyAny>) -> PyResult<()> {
        let made = socket.get().share(socket.py())?;
        let target = address::from_python("connect", &made, to)?;
        audit::report_address(c"socket.connect", socket.as_any(), to)?;
        let mut running = self.running()?;
        running.targets.push((place, target));
        running.race.enter(place, made, target);
        Ok(())
    }

    /// Reports that no socket could be made for an attempt that should start, and the errno of the reason. If descriptors
    /// are lacking, the attempt starts again when one in progress has ended.
    fn fail(&self, place: usize, errno: &Bound<'_, PyAny>) -> PyResult<()> {
        let kind = errno.extract().map_or(Kind::Closed, Kind::Os);
        self.running()?.race.fail(place, kind);
        Ok(())
    }

    /// Whether the attempt at this place is still in progress.
    fn runs(&self, place: usize) -> PyResult<bool> {
        Ok(self.running()?.race.runs(place))
    }

    /// The place whose socket is connected, if any.
    #[getter]
    fn winner(&self) -> PyResult<Option<usize>> {
        Ok(self.running()?.winner)
    }

    /// The exception for an attempt that started and did not win.
    fn error(&self, py: Python<'_>, place: usize) -> PyResult<Py<PyAny>> {
        let running = self.running()?;
        let target = running.targets.iter().find(|(other, _)| *other == place);
        let context = Context {
            address: target.map(|(_, address)| address),
            ..Context::default()
        };
        let raised = running.race.error(place).exception(py, context);
        Ok(raised.into_value(py).into_any())
    }
}

impl Race {
    fn running(&self) -> PyResult<MutexGuard<'_, Running>> {
        self.0
            .try_lock()
            .map_err(|_| PyRuntimeError::new_err("another thread uses this race"))
    }
}
