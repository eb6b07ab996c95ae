//! A stand-in for Microsoft.
