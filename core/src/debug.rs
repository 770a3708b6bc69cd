//! `Debug` for kernel numbers: shows the names that the manual pages use.

/// `Family(AF_INET)` for a number that has a name here, `Family(99)` for others.
macro_rules! debug_by_name {
    ($type:ident: $($name:literal = $value:expr),+ $(,)?) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $(if self.0 == $value {
                    return f.write_str(concat!(stringify!($type), "(", $name, ")"));
                })+
                write!(f, concat!(stringify!($type), "({})"), self.0)
            }
        }
    };
}
pub(crate) use debug_by_name;

/// `Flags(MSG_PEEK | 0x400000)`: names for the bits that have one here, a number for the rest.
macro_rules! debug_bits_by_name {
    ($type:ident: $($name:literal = $value:expr),+ $(,)?) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut rest = self.0;
                let mut separator = "";
                f.write_str(concat!(stringify!($type), "("))?;
                $(if $value != 0 && self.0 & $value == $value {
                    write!(f, concat!("{}", $name), separator)?;
                    separator = " | ";
                    rest &= !$value;
                })+
                match rest {
                    0 if !separator.is_empty() => f.write_str(")"),
                    0 => f.write_str("0)"),
                    rest => write!(f, "{separator}{rest:#x})"),
                }
            }
        }
    };
}
pub(crate) use debug_bits_by_name;
