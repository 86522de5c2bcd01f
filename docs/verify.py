#!/usr/bin/env python3
"""Verifies an exported ledger with nothing of ours: docs/format.md in code.

usage: verify.py FOLDER [KEY [KEPT]]   FOLDER holds log/, checkpoint and tile/, as `ledger.export` gives them
                                       KEY is the verifier key; FOLDER/key if left out (which proves less)
                                       KEPT is the file of a checkpoint that you kept from before
  --witness KEY                        a witness's key, several times: each must have signed FOLDER/witnessed
  --witnesses NUMBER                   so many of them are enough
"""
import argparse
import base64
import hashlib
import sys
from datetime import datetime, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """What is wrong, and where."""


def sha256(data):
    return hashlib.sha256(data).digest()


def cbor(data, at=0):
    """One value of the part of CBOR that logs are written in: (value, where it ended)."""
    if at >= len(data):
        raise Wrong("cut CBOR")
    kind, low = data[at] >> 5, data[at] & 31
    at += 1
    if kind == 7:
        return {20: False, 21: True, 22: None}[low], at
    if low < 24:
        number = low
    else:
        width = {24: 1, 25: 2, 26: 4, 27: 8}[low]
        number, at = int.from_bytes(data[at:at + width], "big"), at + width
    if kind == 0:
        return number, at
    if kind == 1:
        return -1 - number, at
    if kind in (2, 3):
        if at + number > len(data):
            raise Wrong("cut CBOR")
        piece = data[at:at + number]
        return (piece.decode() if kind == 3 else bytes(piece)), at + number
    if kind == 4:
        values = []
        for _ in range(number):
            value, at = cbor(data, at)
            values.append(value)
        return values, at
    raise Wrong(f"CBOR of kind {kind} has no place here")


def whole(data):
    value, end = cbor(data)
    if end != len(data):
        raise Wrong("bytes left over")
    return value


class Tree:
    """RFC 6962 in logarithmic memory: one root per set bit of the size."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def push(self, leaf):
        node, size = sha256(b"\0" + leaf), self.size
        while size & 1:
            node, size = sha256(b"\1" + self.peaks.pop() + node), size >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha256(b"")
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = sha256(b"\1" + peak + node)
        return node


def read_key(text, kind=1):
    """Name, id and key of a verifier key: of a log (1) or of a witness (4)."""
    try:
        name, key_id, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Wrong("the key cannot be read") from None
    if len(raw) != 33 or raw[0] != kind or sha256(name.encode() + b"\n" + raw)[:4].hex() != key_id:
        raise Wrong("the key does not fit its own id")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(raw[1:])


def read_checkpoint(file, name, key_id, key):
    """The size and root that a checkpoint signs."""
    try:
        text, _, signatures = file.read_bytes().decode().rpartition("\n\n")
        text += "\n"
        for line in signatures[:-1].split("\n") if signatures.endswith("\n") else []:
            dash, signer, encoded = line.split(" ")
            raw = base64.b64decode(encoded, validate=True)
            if (dash, signer, raw[:4]) == ("\u2014", name, key_id):
                key.verify(raw[4:], text.encode())
                origin, size, root = text.split("\n")[:3]
                if origin == name:
                    return int(size), base64.b64decode(root, validate=True)
    except (InvalidSignature, ValueError, OSError):
        pass
    raise Wrong(f"the checkpoint `{file.name}` cannot be read, is of another log or not signed by this key")


def read_witnessed(file, witnesses, wanted):
    """Who of the witnesses signed a checkpoint, and when; each signs `cosignature/v1`, its time and the whole text."""
    text, _, signatures = file.read_bytes().decode().rpartition("\n\n") if file.exists() else ("", "", "")
    text, signed = text + "\n", {}
    for line in signatures.splitlines():
        dash, signer, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
        for name, key_id, key in witnesses:
            if (dash, signer, raw[:4]) == ("\u2014", name, key_id):
                time = int.from_bytes(raw[4:12], "big")
                if time >= 2**63:
                    raise Wrong(f"the signature of witness {name} has a time that none may have")
                try:
                    key.verify(raw[12:], f"cosignature/v1\ntime {time}\n{text}".encode())
                except InvalidSignature:
                    raise Wrong(f"the signature of witness {name} does not fit `{file.name}`") from None
                signed[name] = time
    if len(signed) < wanted:
        raise Wrong(f"{len(signed)} of the witnesses that were named signed a checkpoint, and {wanted} must")
    return signed


def follow(log, key, known):
    """Every commit from the first to the last; gives how many commits and leaves.

    known: roots by size, of the checkpoints that must be met on the way.
    """
    tree, previous, term, time, seq, met = Tree(), bytes(32), 0, None, 0, {0}
    while (path := log / f"{seq:016}").exists():
        raw = path.read_bytes()
        try:
            body, signature = whole(raw)
            key.verify(signature, b"epic commit head v1\n" + sha256(body))
            fields = whole(body)
        except (Wrong, InvalidSignature, ValueError, KeyError, TypeError, RecursionError):
            raise Wrong(f"commit {seq} cannot be read or is not signed by this key") from None
        if fields[0] != 1 or fields[2] != seq:
            raise Wrong(f"commit {seq} has another version or number")
        if fields[3] != previous:
            raise Wrong(f"commit {seq} does not follow the one before it")
        if fields[5] < term or (time is not None and fields[6] < time):
            raise Wrong(f"commit {seq} is older than the one before it")
        leaves = fields[8]
        if len(leaves) % 32:
            raise Wrong(f"commit {seq} has half a leaf")
        for at in range(0, len(leaves), 32):
            tree.push(leaves[at:at + 32])
        if (tree.size, tree.root()) != (fields[10], fields[11]):
            raise Wrong(f"commit {seq} says another tree than its leaves make")
        if known.get(tree.size, tree.root()) != tree.root():
            raise Wrong(f"the checkpoint's root at {tree.size} leaves is not the log's")
        met.add(tree.size)
        previous, term, time, seq = sha256(raw), fields[5], fields[6], seq + 1
    if not log.is_dir() or len(list(log.iterdir())) != seq:
        raise Wrong(f"commit {seq} is missing")
    for size in known.keys() - met:
        raise Wrong(f"commit {seq} is missing: a checkpoint covers {size} leaves, the log ends at {tree.size}")
    return seq, tree.size


def moment(seconds):
    """A time as people write it; one beyond the calendar as its number."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
    except (OverflowError, ValueError, OSError):
        return f"second {seconds} since 1970"


def main(folder, key_text, kept, witness_texts, wanted):
    name, key_id, key = read_key(key_text or (folder / "key").read_text())
    size, root = read_checkpoint(folder / "checkpoint", name, key_id, key)
    known = {size: root}
    if kept and known.setdefault(*(old := read_checkpoint(Path(kept), name, key_id, key))) != old[1]:
        raise Wrong(f"the kept checkpoint has another root at {size} leaves: this is another history")
    signed, seen = {}, 0
    if wanted := len(witness_texts) if wanted is None else wanted:
        witnesses = [read_key(text, 4) for text in witness_texts]
        signed = read_witnessed(folder / "witnessed", witnesses, wanted)
        seen, root = read_checkpoint(folder / "witnessed", name, key_id, key)
        if not seen:
            raise Wrong("the witnessed checkpoint is of no leaf: it says nothing of this log")
        if known.setdefault(seen, root) != root:
            raise Wrong(f"the witnessed checkpoint has another root at {seen} leaves: this is another history")
    commits, leaves = follow(folder / "log", key, known)
    for witness, time in signed.items():
        print(f"{witness} signed {seen} of these leaves at {moment(time)}")
    if not signed:
        print("witnessed by nobody that you named")
    print(f"{name}: {commits} commits, {leaves} leaves, {size} of them under the checkpoint: all as signed")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("key", nargs="?")
    asked.add_argument("kept", nargs="?")
    asked.add_argument("--witness", action="append", default=[])
    asked.add_argument("--witnesses", type=int)
    asked = asked.parse_args()
    try:
        main(asked.folder, asked.key, asked.kept, asked.witness, asked.witnesses)
    except (Wrong, ValueError, OSError) as wrong:
        sys.exit(f"wrong: {wrong}")
