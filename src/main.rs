//! The program `entrain`: parses the command line and dispatches. Everything else is in the library.

#[cfg(feature = "ssr")]
fn main() -> std::process::ExitCode {
    entrain::command::main()
}

#[cfg(not(feature = "ssr"))]
fn main() {}
