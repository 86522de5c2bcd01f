//! The bars that ask the whole machine: the real binary, stock clients, real files, power cuts.

mod auditor;
mod backup;
mod ceph;
mod ceremony;
mod crypt4gh;
mod custody;
mod cut;
mod exit;
mod files;
mod flow;
mod hsm;
mod import;
mod kill;
mod notices;
mod package;
mod paper;
mod parity;
mod quota;
mod scripts;
mod soak;
mod study;
mod tampered;
mod tls;
mod upgrade;
mod watched;
mod witness;
