//! The bars that ask the whole machine: the real binary, stock clients, real files, power cuts.

mod auditor;
mod ceph;
mod crypt4gh;
mod custody;
mod cut;
mod files;
mod import;
mod kill;
mod package;
mod parity;
mod scripts;
mod tampered;
mod tls;
