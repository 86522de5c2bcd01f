//! The doors of acts described for machines: OpenAPI 3.1, made from the table of acts.
//!
//! A row of the table is an operation; nothing is written by hand twice.
//! SPEC: OpenAPI 3.1.0; RFC 9457 for what a refusal looks like.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use words::act::{Body, Field, FieldKind, Row};
use words::{Act, Reason};

use crate::problem::status;
use crate::run;
use crate::{
    ACT_HEADER, ACTS_PATH, HEALTH_PATH, LEAF_HEADER, LINKS_PATH, NOTICE_KEYS_PATH, OPENAPI_PATH,
    REASONS_PATH, REGISTER_PATH, SIGN_IN_PATH,
};

/// How a moment is written.
const MOMENT: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,3})?Z)?$";

/// The same as it is sent. WHY once: anybody may ask for it, and it never changes while a process runs.
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| description().to_string())
}

/// The whole description.
pub fn description() -> Value {
    let acts = Act::ALL.iter().map(|act| act.row());
    let mut paths: Map<String, Value> = acts
        .clone()
        .map(|row| (format!("{ACTS_PATH}{}", row.name), json!({ "post": operation(row) })))
        .collect();
    paths.insert(SIGN_IN_PATH.to_owned(), json!({ "post": sign_in() }));
    paths.insert(LINKS_PATH.to_owned(), json!({ "post": link() }));
    paths.insert(
        REGISTER_PATH.to_owned(),
        json!({ "get": open("The public register: which projects use which kinds of data, for what.", "register") }),
    );
    paths.insert(
        HEALTH_PATH.to_owned(),
        json!({ "get": open("Whether acts sent here are answered.", "health") }),
    );
    paths.insert(OPENAPI_PATH.to_owned(), json!({ "get": open("This description.", "openapi") }));
    paths.insert(
        NOTICE_KEYS_PATH.to_owned(),
        json!({ "get": open("What notices to webhooks are signed with, as a JWK set.", "notice-keys") }),
    );
    paths.insert(format!("{REASONS_PATH}{{reason}}"), json!({ "get": reason() }));
    let mut schemas: Map<String, Value> = acts.map(|row| (schema_name(row), schema(row.fields))).collect();
    schemas.insert("Done".to_owned(), done());
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "EPIC: the doors of acts",
            "version": "1",
            "license": { "name": "EUPL-1.2", "identifier": "EUPL-1.2" },
            "description": "Everything anyone can do in a region is an act, posted by its name. Each is judged by the region's rules, recorded in its ledger, and then answered.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "It was refused; `reason` says why, `hint` what would make it a yes.",
                "headers": { LEAF_HEADER: leaf() },
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
            "securitySchemes": {
                "session": { "type": "http", "scheme": "bearer", "description": "What signing in, or `session.open`, answers. Who has a key of their own may sign each request instead (RFC 9421, Ed25519), and then names no session." },
            },
        },
        "security": [{ "session": [] }],
    })
}

fn schema_name(row: &Row) -> String {
    row.name.split(['.', '-']).map(capital).collect()
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

fn operation(row: &Row) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{}", schema_name(row)) });
    let mut parameters = vec![json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Asked again under the same key, it takes no second effect. For acts that are committed and send no bytes.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    })];
    if row.body == Body::None && row.verb != "show" {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "The `ETag` of the look at the very thing that it is done to: done only if that is still so, else refused as `precondition_failed`. For acts on an agreement, airlock, bucket, client, grant, issuer, permit or person that is there; in a session.",
            "schema": { "type": "string", "pattern": "^\"[0-9a-f]{64}\"$" },
        }));
    }
    let sends_bytes = row.body == Body::Upload;
    let content = if sends_bytes {
        parameters = vec![
            json!({
                "name": ACT_HEADER, "in": "header", "required": true,
                "description": format!("The fields, as {} in JSON, in base64.", schema_name(row)),
                "schema": { "type": "string", "contentEncoding": "base64" },
            }),
            json!({
                "name": "Content-Digest", "in": "header", "required": false,
                "description": "SHA-256 of the body (RFC 9530). Other bytes are refused as `checksum_wrong`; `object.put` and `upload.part` keep it and tell it as `sha256`.",
                "schema": { "type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$" },
            }),
        ];
        json!({ "application/octet-stream": {} })
    } else {
        json!({ "application/json": { "schema": schema } })
    };
    let answer = match row.body {
        Body::Download if row.act == Act::LedgerFollow => json!({ "text/event-stream": {} }),
        Body::Download => json!({ "application/octet-stream": {} }),
        Body::None | Body::Upload => {
            json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Done" } } })
        }
    };
    let mut responses = responses(&answer);
    if row.verb == "show" {
        responses["200"]["headers"]["ETag"] = json!({ "description": "What an act may be done upon (`If-Match`).", "schema": { "type": "string" } });
    }
    if let Some(look) = run::look_of(row.act) {
        responses["202"] = json!({
            "description": format!("It was done, and the house goes on with it: `{}` tells how far.", look.name()),
            "headers": { LEAF_HEADER: leaf(), "Location": { "schema": { "type": "string" } } },
            "content": answer,
        });
    }
    json!({
        "operationId": row.name,
        "summary": row.help,
        "tags": [row.noun],
        "parameters": parameters,
        "requestBody": { "required": true, "content": content },
        "responses": responses,
    })
}

/// Every status that a refusal may have, as reasons have them.
fn responses(answer: &Value) -> Value {
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({ "description": "It was done.", "headers": { LEAF_HEADER: leaf() }, "content": answer }),
    );
    for reason in Reason::ALL {
        let problem = json!({ "$ref": "#/components/responses/Problem" });
        responses.insert(status(*reason).as_u16().to_string(), problem);
    }
    responses.insert("405".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    Value::Object(responses)
}

fn schema(fields: &[Field]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn property(field: &Field) -> Value {
    let mut property = match field.kind {
        FieldKind::Text => json!({ "type": "string" }),
        FieldKind::Hidden => json!({ "type": "string", "format": "password", "writeOnly": true }),
        FieldKind::Number => json!({ "type": "integer", "minimum": 0 }),
        FieldKind::Time => {
            json!({ "type": "string", "pattern": MOMENT, "examples": ["2027-01-31", "2027-01-31T12:00:00Z"] })
        }
        FieldKind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
    };
    if !field.is_required
        && let Some(kind) = property.get("type").cloned()
        && field.kind != FieldKind::Texts
    {
        property["type"] = json!([kind, "null"]);
    }
    property["description"] = json!(field.help);
    property
}

fn sign_in() -> Value {
    let asked = json!({
        "type": "object", "required": ["token"], "additionalProperties": false,
        "properties": {
            "token": { "type": "string", "description": "an identity provider's token, made out for this region" },
            "seconds": { "type": ["integer", "null"], "minimum": 60, "maximum": 43_200 },
        },
    });
    json!({
        "operationId": "sign-in",
        "summary": "An identity provider's token for a session.",
        "tags": ["session"],
        "security": [],
        "requestBody": { "required": true, "content": { "application/json": { "schema": asked } } },
        "responses": responses(&json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Done" } } })),
    })
}

fn link() -> Value {
    json!({
        "operationId": "link",
        "summary": "A one-time link that takes a browser into the session it is asked for in.",
        "tags": ["session"],
        "responses": responses(&json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Done" } } })),
    })
}

fn open(summary: &str, id: &str) -> Value {
    let json = json!({ "application/json": { "schema": { "type": "object" } } });
    json!({
        "operationId": id, "summary": summary, "tags": ["region"], "security": [],
        "responses": {
            "200": { "description": "Yes.", "content": json },
            "503": { "description": "Not now.", "content": json },
        },
    })
}

fn reason() -> Value {
    let codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    json!({
        "operationId": "reason", "summary": "What a reason means, and what would make it a yes, in both languages.",
        "tags": ["region"], "security": [],
        "parameters": [{ "name": "reason", "in": "path", "required": true, "schema": { "type": "string", "enum": codes } }],
        "responses": {
            "200": { "description": "Its texts.", "content": { "text/plain": { "schema": { "type": "string" } } } },
            "404": { "$ref": "#/components/responses/Problem" },
        },
    })
}

fn leaf() -> Value {
    json!({ "description": "Where it is recorded: `cell:number`.", "schema": { "type": "string" } })
}

fn done() -> Value {
    json!({
        "type": "object", "required": ["leaf", "answer"],
        "properties": {
            "leaf": { "type": ["string", "null"], "description": "where it is recorded; none for looks, which are recorded soon after" },
            "answer": { "description": "what the act came to" },
        },
    })
}

fn problem() -> Value {
    let codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    json!({
        "type": "object", "required": ["type", "title", "status", "reason", "detail", "hint", "act"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "reason": { "type": "string", "enum": codes },
            "detail": { "type": "string" },
            "hint": { "type": "string" },
            "act": { "type": ["string", "null"] },
        },
    })
}
