# What ./run and ./test install where it is missing; sourced by both, from the project's folder.

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# install_packages <package...>: Debian packages; nothing to do without one.
install_packages() {
    [ $# -eq 0 ] && return 0
    as_root apt-get update -q && as_root apt-get install -y -q --no-install-recommends "$@"
}

# The Debian packages that building lacks, in words.
missing_to_build() {
    command -v cc >/dev/null || echo gcc libc6-dev
    command -v cargo >/dev/null || command -v curl >/dev/null || echo curl ca-certificates
}

# A toolchain of this account is found wherever the script was started from.
use_toolchain() {
    case ":$PATH:" in *":$HOME/.cargo/bin:"*) return 0 ;; esac
    [ ! -d "$HOME/.cargo/bin" ] || PATH="$HOME/.cargo/bin:$PATH"
}

# Rust with what checks it, for this account alone; nothing to do where there is a cargo.
toolchain() {
    use_toolchain
    command -v cargo >/dev/null && return 0
    echo "installing Rust for this account ..."
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y -q --profile minimal -c clippy -c rustfmt >/dev/null || return 1
    use_toolchain
    command -v cargo >/dev/null
}
