//! Models: safetensors and ONNX.
//!
//! It exists so that weights are as many as the header says, before a program maps them. It reads no weight.
//!
//! SPEC: safetensors format; onnx.proto.

use std::io::{self, Read};

use serde_json::Value;

use super::Job;
use crate::input::{Bytes, skip, whole};
use crate::report::Place;
use crate::rule;
use crate::wire::Fields;

/// SPEC: the reference reader refuses longer headers.
const HEADER_BYTES_MAX: u64 = 100_000_000;

/// Judges safetensors.
pub fn safetensors(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut bytes = Bytes::new(from);
    let size = bytes.u64()?.filter(|size| *size <= HEADER_BYTES_MAX.min(job.limits.memory_bytes_max as u64));
    let header = match size {
        Some(size) => bytes.exact(size)?,
        None => None,
    };
    let Some(Value::Object(tensors)) = header.and_then(|header| serde_json::from_slice(&header).ok()) else {
        job.findings.add(rule::TENSORS_HEADER, Place::byte(0));
        return Ok(());
    };
    let mut spans = Vec::new();
    for tensor in tensors.iter().filter(|(name, _)| *name != "__metadata__").map(|(_, tensor)| tensor) {
        let span = span(tensor);
        job.findings.need(span.is_some(), rule::TENSORS_HEADER, Place::byte(8));
        spans.extend(span);
    }
    spans.sort_unstable();
    let fills = spans.iter().try_fold(0_u64, |at, (start, end)| (*start == at).then_some(*end));
    let rest = skip(from, u64::MAX)?;
    job.findings.need(fills == Some(rest), rule::TENSORS_EXTENT, Place::WHOLE);
    job.facts.number("tensors", spans.len() as u64);
    job.facts.number("weights-bytes", rest);
    Ok(())
}

/// Where a tensor lies, if that is as long as its shape says.
fn span(tensor: &Value) -> Option<(u64, u64)> {
    let bits = match tensor["dtype"].as_str()? {
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" => 8,
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" | "C64" => 64,
        _ => return None,
    };
    let shape: Option<Vec<u64>> = tensor["shape"].as_array()?.iter().map(Value::as_u64).collect();
    let count = shape?.into_iter().try_fold(bits, u64::checked_mul)?;
    let [start, end] = tensor["data_offsets"].as_array()?.as_slice() else { return None };
    let (start, end) = (start.as_u64()?, end.as_u64()?);
    (end.checked_sub(start)? == count.div_ceil(8)).then_some((start, end))
}

/// Judges ONNX, as far as it fits into memory.
pub fn onnx(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let Some(bytes) = whole(from, job.limits.memory_bytes_max)? else {
        job.findings.add(rule::LIMIT_MEMORY, Place::WHOLE);
        return Ok(());
    };
    let mut fields = Fields::new(&bytes);
    let (mut nodes, mut weights, mut is_outside, mut is_cut) = (0_u64, 0_u64, false, false);
    for field in fields.by_ref() {
        is_cut |= field.is_cut;
        // SPEC: ModelProto.graph; GraphProto.node = 1, initializer = 5; TensorProto.data_location = 14, EXTERNAL = 1.
        if (field.number, field.wire) != (7, 2) {
            continue;
        }
        let mut graph = Fields::new(field.bytes);
        for part in graph.by_ref() {
            nodes += u64::from((part.number, part.wire) == (1, 2));
            if (part.number, part.wire) == (5, 2) {
                weights += 1;
                is_outside |= Fields::new(part.bytes)
                    .any(|field| (field.number, field.wire, field.value) == (14, 0, 1));
            }
        }
        is_cut |= graph.is_broken;
    }
    job.findings.need(!is_cut && !fields.is_broken, rule::ONNX_FORM, Place::WHOLE);
    job.findings.need(!is_outside, rule::ONNX_EXTERNAL, Place::WHOLE);
    job.facts.number("nodes", nodes);
    job.facts.number("tensors", weights);
    Ok(())
}
