"""Judges what was written: reads catalogues from standard input, says on standard output what is wrong with them.

rdflib reads Turtle and JSON-LD; pyshacl holds them to the shapes of the folder named; every constraint of the shapes is
broken once, and must say so.
"""

import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import rdflib
import rfc3987
from pyshacl import validate
from rdflib import RDF, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import Namespace
from signposting.linkheader import find_signposting_http_link
from signposting.linkset import LinksetJSON, _parse_linkset_json
from httplink import parse_link_header

# What is written is compared, not what it means.
rdflib.NORMALIZE_LITERALS = False

SH = Namespace("http://www.w3.org/ns/shacl#")
DCT, DCAT = "http://purl.org/dc/terms/", "http://www.w3.org/ns/dcat#"
HEALTH, CV, FOAF = "http://healthdataportal.eu/ns/health#", "http://data.europa.eu/m8g/", "http://xmlns.com/foaf/0.1/"
CSVW, R5R = "http://www.w3.org/ns/csvw#", "http://data.europa.eu/r5r/"
SPDX, SKOS = "http://spdx.org/rdf/terms#", "http://www.w3.org/2004/02/skos/core#"

# From the tables of the specifications, apart from the shapes, so that a shape that is missing is noticed.
MANDATORY = {
    DCAT + "Catalog": [DCT + "title", DCT + "description", DCT + "publisher", R5R + "applicableLegislation"],
    DCAT + "CatalogRecord": [DCT + "modified", FOAF + "primaryTopic"],
    DCAT + "Dataset": [
        DCT + "title", DCT + "description", DCT + "identifier", DCT + "accessRights", R5R + "applicableLegislation",
        DCAT + "distribution", DCAT + "theme", DCAT + "contactPoint", DCAT + "keyword", DCT + "type", DCT + "provenance",
        HEALTH + "hdab", HEALTH + "healthCategory", HEALTH + "hasStructuredData",
    ],
    DCAT + "Distribution": [DCAT + "accessURL", R5R + "applicableLegislation"],
    FOAF + "Agent": [FOAF + "name"],
    CSVW + "TableGroup": [DCT + "title", CSVW + "table"],
    CSVW + "Table": [DCT + "title", CSVW + "column"],
    CSVW + "Column": [CSVW + "name", CSVW + "title", CSVW + "datatype", DCT + "description"],
    SPDX + "Checksum": [SPDX + "algorithm", SPDX + "checksumValue"],
    SKOS + "Concept": [SKOS + "prefLabel"],
    SKOS + "ConceptScheme": [DCT + "title"],
}

faults = []
shapes = Graph()
recommended = Graph()
for file in sorted(Path(sys.argv[1]).glob("*.ttl")):
    (recommended if file.stem == "recommended" else shapes).parse(file)


def judge(graph, against, focus=None):
    """Results of a validation: what of, which path, from which shape."""
    _, report, _ = validate(
        graph, shacl_graph=against, inference="none", allow_warnings=False, focus_nodes=focus, meta_shacl=False
    )
    told = []
    for result in report.subjects(RDF.type, SH.ValidationResult):
        told.append(
            (report.value(result, SH.focusNode), report.value(result, SH.resultPath), report.value(result, SH.sourceShape))
        )
    return told


def same(case):
    """Both forms are read, are one graph, and have as many statements as were meant."""
    turtle, json_ld = Graph(), Graph()
    turtle.parse(data=case["turtle"], format="turtle")
    json_ld.parse(data=case["json_ld"], format="json-ld")
    if len(turtle) != case["count"] or len(json_ld) != case["count"]:
        faults.append(f"{len(turtle)} and {len(json_ld)} statements where {case['count']} were meant")
    if not isomorphic(turtle, json_ld):
        faults.append(f"not the same graph: {sorted(turtle ^ json_ld)[:4]}")
    for node in set(turtle.all_nodes()) | set(turtle.predicates()):
        if isinstance(node, BNode):
            faults.append("a node without a name")
        if isinstance(node, URIRef):
            rfc3987.parse(str(node), rule="URI")
    return turtle


def with_change(graph, remove, add):
    """The graph without some statements and with others, while a judgement is made."""
    for triple in remove:
        graph.remove(triple)
    for triple in add:
        graph.add(triple)
    return remove, add


def undo(graph, change):
    remove, add = change
    for triple in add:
        graph.remove(triple)
    for triple in remove:
        graph.add(triple)


def bends(graph, focus, path, shape):
    """Each way to break one property shape at one node: name, statements out, statements in."""
    values = list(graph.objects(focus, path))
    there = [(focus, path, value) for value in values]
    elsewhere, word = URIRef("urn:example:elsewhere"), Literal("nowhere")
    swap = lambda wrong: (there[:1], [(focus, path, wrong)])
    has = lambda constraint: shape_value(shape, constraint) is not None
    if has(SH.minCount):
        yield "minCount", there, []
    if not values:
        return
    if has(SH.maxCount) and int(shape_value(shape, SH.maxCount)) == 1:
        other = Literal("another", datatype=values[0].datatype) if isinstance(values[0], Literal) else elsewhere
        yield "maxCount", [], [(focus, path, other)]
    if has(SH.datatype):
        yield "datatype", *swap(word)
    kind = shape_value(shape, SH.nodeKind)
    if kind == SH.IRI:
        yield "nodeKind", *swap(word)
    if kind == SH.Literal:
        yield "nodeKind", *swap(elsewhere)
    # What a shape without a name asks of a value's own type is broken in `rest`.
    is_named = isinstance(shape_value(shape, SH.node), URIRef)
    if is_named or any(has(constraint) for constraint in (SH["class"], SH["in"], SH.pattern)):
        yield "kind", *swap(elsewhere)
    if has(SH.hasValue):
        yield "hasValue", [(focus, path, shape_value(shape, SH.hasValue))], [(focus, path, elsewhere)]


def shape_value(shape, constraint):
    return shapes.value(shape, constraint)


def mutate(graph):
    """Breaks every constraint of every shape once; what is not reported is a fault. Says which were broken."""
    broken, count = set(), 0
    for node_shape in shapes.subjects(RDF.type, SH.NodeShape):
        target = shapes.value(node_shape, SH.targetClass)
        if target is None:
            continue
        focuses = sorted(graph.subjects(RDF.type, target))
        if not focuses:
            faults.append(f"nothing is a {target}")
            continue
        for shape in shapes.objects(node_shape, SH.property):
            path = shape_value(shape, SH.path)
            if not isinstance(path, URIRef):
                continue
            # One that says it, if any does.
            focus = next((node for node in focuses if (node, path, None) in graph), focuses[0])
            for name, out, into in bends(graph, focus, path, shape):
                change = with_change(graph, out, into)
                # pyshacl does not follow `sh:node` from a node that it was pointed at; of the whole graph it does.
                told = judge(graph, shapes, None if shape_value(shape, SH.node) else [focus])
                undo(graph, change)
                count += 1
                if not any(node == focus and at == path and source == shape for node, at, source in told):
                    faults.append(f"{name} of {path} at {target} is not noticed")
                if name == "minCount":
                    broken.add((str(target), str(path)))
    return broken, count


def rest(graph):
    """What has no path of one name, and what must not be there."""
    count = 0
    dataset = next(node for node in sorted(graph.subjects(RDF.type, URIRef(DCAT + "Dataset")))
                   if (node, URIRef(HEALTH + "hasVariables"), None) in graph)
    distribution = graph.value(dataset, URIRef(DCAT + "distribution"))
    contact = next(iter(graph.subjects(RDF.type, URIRef(CV + "ContactPoint"))))
    kind = next(iter(graph.subjects(RDF.type, URIRef("http://www.w3.org/2006/vcard/ns#Kind"))))
    agent = graph.value(dataset, URIRef(HEALTH + "hdab"))
    page, kinds = URIRef("https://example.org/file"), URIRef(DCT + "type")
    typed = [graph.value(dataset, URIRef(name)) for name in (DCT + "publisher", "http://www.w3.org/ns/prov#wasGeneratedBy")]
    cases = [(dataset, list(graph.triples((node, kinds, None))), [(node, kinds, page)]) for node in typed]
    cases += [
        (dataset, list(graph.triples((dataset, URIRef(HEALTH + "hasVariables"), None))), []),
        (dataset, [], [(dataset, URIRef("http://www.w3.org/ns/adms#sample"), distribution)]),
        (distribution, [], [(distribution, URIRef(DCAT + "downloadURL"), page)]),
        (contact, list(graph.triples((contact, URIRef(CV + "contactPage"), None))), []),
        (kind, list(graph.triples((kind, URIRef("http://www.w3.org/2006/vcard/ns#hasURL"), None))), []),
        (dataset, list(graph.triples((agent, URIRef(CV + "contactPoint"), None))), []),
    ]
    for focus, out, into in cases:
        change = with_change(graph, out, into)
        told = judge(graph, shapes)
        undo(graph, change)
        count += 1
        if not any(node == focus for node, _, _ in told):
            faults.append(f"not noticed at {focus}: without {out}, with {into}")
    return count


class Script(HTMLParser):
    """What a browser takes for the content of the one script of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.inside, self.is_in = [], "", False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.is_in = tag == "script"

    def handle_endtag(self, tag):
        self.tags.append("/" + tag)
        self.is_in = False

    def handle_data(self, data):
        if self.is_in:
            self.inside += data


def page(written):
    script = Script()
    script.feed(f'<script type="application/ld+json">{written}</script><p>')
    script.close()
    if script.tags != ["script", "/script", "p"] or script.inside != written:
        faults.append(f"a page is left: {script.tags}")
    if json.loads(script.inside)["@type"] != "Dataset":
        faults.append("a page says nothing of a dataset")


def signs(case):
    """A header and a link set say what was meant."""
    meant = sorted((rel, href, media) for rel, href, media in case["links"])
    read = sorted((" ".join(link.rel), str(link.target), dict(link.attributes).get("type")) for link in parse_link_header(case["header"]).links)
    if read != meant:
        faults.append(f"a header is read as {read}, meant was {meant}")
    told = find_signposting_http_link([case["header"]], case["page"])
    named = {"cite-as": [told.citeAs], "type": told.types, "describedby": told.describedBy, "license": [told.license],
             "author": told.authors, "linkset": told.linksets, "item": told.items}
    for rel, signposts in named.items():
        got = sorted((str(sign.target), sign.type and str(sign.type)) for sign in signposts)
        if got != sorted((href, media) for name, href, media in meant if name == rel):
            faults.append(f"{rel} is read as {got}")
    told = _parse_linkset_json(LinksetJSON(case["set"], "application/linkset+json", case["page"], case["page"]))
    here = told.for_context(case["page"])
    got = sorted((str(sign.rel), str(sign.target), sign.type and str(sign.type)) for sign in here)
    if got != [sign for sign in meant if sign[0] != "linkset"]:
        faults.append(f"a link set is read as {got}")
    for name, href, _ in meant:
        if name == "item" and str(told.for_context(href).collection.target) != case["page"]:
            faults.append(f"{href} does not lead back")


def main():
    cases = json.load(sys.stdin)
    graphs = [same(case) for case in cases["graphs"]]
    for graph in graphs[:4] + graphs[-1:]:
        faults.extend(map(str, judge(graph, shapes)))
    for card in cases["cards"]:
        faults.extend(map(str, judge(Graph().parse(data=card, format="turtle"), shapes)))
    dataset = [node for node in sorted(graphs[0].subjects(RDF.type, URIRef(DCAT + "Dataset")))][1]
    warned = {str(path).rsplit("#")[-1].rsplit("/")[-1] for node, path, _ in judge(graphs[0], recommended, [dataset])}
    broken, count = mutate(graphs[0])
    for target, paths in MANDATORY.items():
        faults.extend(f"no shape asks {target} for {path}" for path in paths if (target, path) not in broken)
    count += rest(graphs[0])
    for written in cases["pages"]:
        page(written)
    for case in cases["links"]:
        signs(case)
    told = {"faults": faults[:20], "graphs": len(graphs), "pages": len(cases["pages"]), "links": len(cases["links"]),
            "mandatory": len(broken), "mutations": count, "warnings": sorted(warned)}
    json.dump(told, sys.stdout)


main()
