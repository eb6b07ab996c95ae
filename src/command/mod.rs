//! A file per subcommand.
