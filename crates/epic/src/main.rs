//! The binary. It must never hold more than this: all it does is in the library.

/// WHY: a third of a listing's time went into the platform's allocator (`docs/bench`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    epic::main()
}
