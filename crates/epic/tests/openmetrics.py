"""Reads a page of figures with a parser that is not ours, and holds it to what was done before."""
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

page = sys.stdin.read()
families = {family.name: family for family in text_string_to_metric_families(page)}
assert page.endswith("# EOF\n")


def value(family, name, **labels):
    found = [sample.value for sample in families[family].samples if sample.name == name and sample.labels == labels]
    assert len(found) == 1, (family, name, labels, families[family].samples)
    return found[0]


act = "organisation.register"
assert value("epic_acts", "epic_acts_total", act=act, outcome="done") == 1
assert value("epic_acts", "epic_acts_total", act=act, outcome="name_taken") == 1
assert value("epic_act_seconds", "epic_act_seconds_count", act=act) == 2
assert value("epic_act_seconds", "epic_act_seconds_bucket", act=act, le="+Inf") == 2
assert 0 < value("epic_act_seconds", "epic_act_seconds_sum", act=act) < 60
assert value("epic_strangers_refused", "epic_strangers_refused_total", door="acts", reason="unauthenticated") >= 1
commits = value("epic_commit_seconds", "epic_commit_seconds_count")
assert commits >= 2 and value("epic_commit_bytes", "epic_commit_bytes_count") == commits
assert value("epic_commit_bytes", "epic_commit_bytes_sum") > 300 * commits
assert value("epic_leading", "epic_leading") == 1
assert value("epic_store_errors", "epic_store_errors_total", work="append") == 0
assert value("epic_notices", "epic_notices_total", way="mail", outcome="failed") == 0
verdicts = [sample for sample in families["epic_check_verdict"].samples if sample.value == 1]
assert len(verdicts) >= 6 and all(sample.labels["verdict"] in ("pass", "not_applicable", "stale") for sample in verdicts), verdicts
assert len(families["epic_check_verdict"].samples) == 5 * len(verdicts)
assert value("epic_seats_max", "epic_seats_max", door="s3") == 4096
assert value("epic_seats", "epic_seats", door="acts") >= 0
assert value("process_resident_memory_bytes", "process_resident_memory_bytes") > 1 << 20
# Labels are the program's own words, and few.
known = {"act", "outcome", "le", "door", "reason", "work", "check", "verdict", "state", "way"}
lines = [sample for family in families.values() for sample in family.samples]
assert {label for sample in lines for label in sample.labels} <= known
assert len(lines) < 2000, len(lines)
for family in families.values():
    assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
