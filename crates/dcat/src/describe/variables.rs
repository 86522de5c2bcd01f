//! Tables and their columns.
//!
//! SPEC: HealthDCAT-AP release 8, CSVW Table Group, Table, Column. It repeats `csvw:column` where CSVW has a list, so the
//! place of a column is in the name of its node.

use crate::content::{Column, Variables};
use crate::iri::Iri;
use crate::rdf::Graph;

pub(super) fn write(graph: &mut Graph, dataset: &Iri, variables: &Variables) {
    let group = dataset.part("variables");
    graph.node(dataset).iri("healthdcatap:hasVariables", &group);
    graph.node(&group).is("csvw:TableGroup").text("dct:title", variables.title());
    for (at, table) in variables.tables().iter().enumerate() {
        let part = dataset.part(&format!("table-{}", at + 1));
        graph.node(&group).iri("csvw:table", &part);
        graph.node(&part).is("csvw:Table").text("dct:title", &table.title);
        for (at, told) in table.columns.iter().enumerate() {
            // WHY five digits: sorted as text, columns stay in their order up to `COLUMNS_MAX`.
            let id = part.part(&format!("column-{:05}", at + 1));
            graph.node(&part).iri("csvw:column", &id);
            column(graph, &id, told);
        }
    }
}

fn column(graph: &mut Graph, id: &Iri, column: &Column) {
    let mut node = graph.node(id);
    node.is("csvw:Column").plain("csvw:name", column.name.as_str()).text("csvw:title", &column.title);
    node.text("dct:description", &column.what).plain("csvw:datatype", column.datatype.code());
    if let Some(meaning) = &column.meaning {
        node.iri("csvw:propertyUrl", meaning);
    }
}
