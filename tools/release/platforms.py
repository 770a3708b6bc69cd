"""The platforms that a release is built for, and their names in Rust, in zig and in a wheel's file name."""

import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    system: str  # as sys.platform has it
    libc: str  # empty where there is only one
    machine: str  # as platform.machine() has it
    rust: str
    wheel_tag: str
    zig: str  # for `zig cc -target`
    oldest: str  # the oldest version of glibc or macOS that the files run on

    @property
    def name(self):
        return "-".join(filter(None, ({"darwin": "macos"}.get(self.system, self.system), self.libc, self.machine)))

    @property
    def is_linux(self):
        return self.system == "linux"

    @property
    def is_musl(self):
        return self.libc == "musl"

    @property
    def zigbuild_target(self):
        return f"{self.rust}.{self.oldest}" if self.libc == "glibc" else self.rust

    @property
    def compatibility(self):
        """What maturin holds a wheel to; on macOS the compiler decides."""
        return {"glibc": "manylinux2014", "musl": "musllinux_1_2"}.get(self.libc)


GLIBC = "2.17"  # that of manylinux2014
LINUX = ("x86_64", "aarch64")
MACOS = {"arm64": ("aarch64", "11.0"), "x86_64": ("x86_64", "10.12")}  # the oldest versions that Rust supports

PLATFORMS = {
    p.name: p
    for p in (
        *(
            Platform(
                system="linux",
                libc="glibc",
                machine=machine,
                rust=f"{machine}-unknown-linux-gnu",
                wheel_tag=f"manylinux2014_{machine}.manylinux_2_17_{machine}",
                zig=f"{machine}-linux-gnu.{GLIBC}",
                oldest=GLIBC,
            )
            for machine in LINUX
        ),
        *(
            Platform(
                system="linux",
                libc="musl",
                machine=machine,
                rust=f"{machine}-unknown-linux-musl",
                wheel_tag=f"musllinux_1_2_{machine}",
                zig=f"{machine}-linux-musl",
                oldest="",
            )
            for machine in LINUX
        ),
        *(
            Platform(
                system="darwin",
                libc="",
                machine=machine,
                rust=f"{rust}-apple-darwin",
                wheel_tag=f"macosx_{oldest.replace('.', '_')}_{machine}",
                zig=f"{rust}-macos",
                oldest=oldest,
            )
            for machine, (rust, oldest) in MACOS.items()
        ),
    )
}


def of_this_machine():
    """The platform whose files run here without an emulator; None if no release is built for it."""
    libc = ""
    if sys.platform == "linux":
        libc = "glibc" if platform.libc_ver()[0] == "glibc" else "musl"
    here = (sys.platform, libc, platform.machine())
    return next((p for p in PLATFORMS.values() if (p.system, p.libc, p.machine) == here), None)
