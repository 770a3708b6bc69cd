//! The C libraries of Linux that there is a layer for.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CLibrary {
    Glibc,
    Musl,
}

impl CLibrary {
    /// That of polysock-run itself.
    pub(crate) const OWN: Self = if cfg!(target_env = "musl") {
        Self::Musl
    } else {
        Self::Glibc
    };

    /// That of the programs which name this loader.
    pub(crate) fn of_loader(loader: &[u8]) -> Self {
        const MUSL: &[u8] = b"ld-musl";
        if loader.windows(MUSL.len()).any(|part| part == MUSL) {
            Self::Musl
        } else {
            Self::Glibc
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
        }
    }
}
