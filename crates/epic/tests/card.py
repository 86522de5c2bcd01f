"""Judges what a running region answers of a dataset: reads it as JSON from standard input, says what is wrong with it.

usage: card.py SHAPES
"""

import json
import sys
from pathlib import Path

import rdflib
from httplink import parse_link_header
from pyshacl import validate
from rdflib import RDF, Graph, URIRef
from rdflib.compare import isomorphic

rdflib.NORMALIZE_LITERALS = False
CSVW, DCT, DCAT = "http://www.w3.org/ns/csvw#", "http://purl.org/dc/terms/", "http://www.w3.org/ns/dcat#"

shapes, faults = Graph(), []
for file in sorted(Path(sys.argv[1]).glob("*.ttl")):
    if file.stem != "recommended":
        shapes.parse(file)


def holds(graph):
    conforms, _, text = validate(graph, shacl_graph=shapes, inference="none", allow_warnings=False)
    return conforms, text


asked = json.load(sys.stdin)
graphs = []
for turtle, json_ld in asked["graphs"]:
    one, other = Graph().parse(data=turtle, format="turtle"), Graph().parse(data=json_ld, format="json-ld")
    if not isomorphic(one, other):
        faults.append("both forms are not one graph")
    conforms, text = holds(one)
    if not conforms:
        faults.append(text)
    graphs.append(one)

dataset = [node for node in graphs[0].subjects(RDF.type, URIRef(DCAT + "Dataset"))]
if len(dataset) != 1 or asked["id"] not in str(dataset[0]):
    faults.append(f"the card is of {dataset}")
if (dataset[0], RDF.type, URIRef(DCAT + "Dataset")) not in graphs[1]:
    faults.append("the catalogue does not have the card")
columns = sorted(str(name) for name in graphs[0].objects(None, URIRef(CSVW + "name")))

header = {(rel, link.target) for link in parse_link_header(asked["header"]).links for rel in link.rel}
links = json.loads(asked["links"])["linkset"]
told = {(rel, one["href"]) for link in links for rel, all in link.items() if rel != "anchor" for one in all}
for rel, ending in [("describedby", "/turtle"), ("describedby", "/json-ld"), ("linkset", "/linkset")]:
    if not any(name == rel and target.endswith(asked["id"] + ending) for name, target in header):
        faults.append(f"no {rel} leads to {ending}")
if {one for one in header if one[0] == "describedby"} - told:
    faults.append("the link set lacks what the header has")

graphs[0].remove((dataset[0], URIRef(DCT + "title"), None))
broken = int(not holds(graphs[0])[0])
json.dump({"faults": faults, "columns": columns, "broken": broken}, sys.stdout)
