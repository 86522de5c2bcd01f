//! What stands between tags: of pages, of any XML, of FHIR, of office documents.
//!
//! It exists because words are wanted of markup that is wrong too: nothing here refuses. It keeps one tag and one entity.

use super::Sink;

/// WHY: the name and attributes of a tag; of a longer one the rest is passed over.
const TAG_BYTES_MAX: usize = 64 << 10;
/// WHY: a number of a sign has up to eight signs, the names that are told here six.
const ENTITY_BYTES_MAX: usize = 10;

/// Which markup it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// HTML: some tags end lines, scripts and styles are no words.
    Page,
    /// Every tag parts words.
    Any,
    /// As any, and values are attributes.
    Fhir,
    /// Only paragraphs part words: a word may be in several runs.
    Office,
}

enum State {
    Text,
    Entity(String),
    Tag(String),
    Comment(String),
    Data(String),
}

pub(super) struct Markup {
    style: Style,
    state: State,
    /// The element whose content is no words.
    hidden: Option<&'static str>,
}

impl Markup {
    pub fn new(style: Style) -> Self {
        Self { style, state: State::Text, hidden: None }
    }

    pub fn take(&mut self, text: &str, sink: &mut Sink) {
        for sign in text.chars() {
            let state = std::mem::replace(&mut self.state, State::Text);
            self.state = self.step(state, sign, sink);
        }
    }

    pub fn end(&mut self, sink: &mut Sink) {
        if let State::Entity(name) = &self.state {
            self.say(&format!("&{name}"), sink);
        }
        sink.end_line();
    }

    fn say(&self, text: &str, sink: &mut Sink) {
        if self.hidden.is_none() {
            sink.put(text);
        }
    }

    fn step(&mut self, state: State, sign: char, sink: &mut Sink) -> State {
        match state {
            State::Text => match sign {
                '<' => State::Tag(String::new()),
                '&' => State::Entity(String::new()),
                _ => {
                    self.say(sign.encode_utf8(&mut [0; 4]), sink);
                    State::Text
                }
            },
            State::Entity(mut name) => match sign {
                ';' => {
                    self.say(&entity(&name), sink);
                    State::Text
                }
                _ if name.len() < ENTITY_BYTES_MAX && (sign.is_ascii_alphanumeric() || sign == '#') => {
                    name.push(sign);
                    State::Entity(name)
                }
                _ => {
                    self.say(&format!("&{name}"), sink);
                    self.step(State::Text, sign, sink)
                }
            },
            State::Tag(mut tag) => {
                if sign == '>' {
                    self.tag(&tag, sink);
                    return State::Text;
                }
                // WHY: in a script `<` is a sign like others.
                if sign == '<' && self.hidden.is_some() {
                    return State::Tag(String::new());
                }
                if tag.len() < TAG_BYTES_MAX {
                    tag.push(sign);
                }
                match tag.as_str() {
                    "!--" => State::Comment(String::new()),
                    "![CDATA[" => State::Data(String::new()),
                    _ => State::Tag(tag),
                }
            }
            State::Comment(seen) => match behind(seen, sign, "-->") {
                Some((seen, _)) => State::Comment(seen),
                None => State::Text,
            },
            State::Data(seen) => match behind(seen, sign, "]]>") {
                Some((seen, past)) => {
                    self.say(&past, sink);
                    State::Data(seen)
                }
                None => State::Text,
            },
        }
    }

    fn tag(&mut self, tag: &str, sink: &mut Sink) {
        let is_end = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split([' ', '\t', '\n', '\r', '/']).next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        match self.hidden {
            Some(hidden) if is_end && name == hidden => self.hidden = None,
            Some(_) => return,
            None => {}
        }
        if self.style == Style::Page && !is_end {
            self.hidden = ["script", "style"].into_iter().find(|hidden| *hidden == name);
        }
        let local = name.rsplit(':').next().unwrap_or_default();
        let parts = match self.style {
            Style::Any | Style::Fhir => true,
            Style::Page => PARTS.split(' ').any(|part| part == name),
            Style::Office => matches!(local, "p" | "h" | "br" | "tab" | "tr" | "line-break" | "s"),
        };
        if parts {
            sink.end_line();
        }
        if self.style == Style::Fhir
            && let Some((_, value)) = tag.split_once("value=\"")
        {
            self.say(&plain(value.split('"').next().unwrap_or_default()), sink);
            sink.end_line();
        }
    }
}

/// Elements of a page that begin a line.
const PARTS: &str = "address article aside blockquote br dd div dl dt fieldset figcaption footer form h1 h2 h3 h4 h5 h6 header hr li \
main nav ol option p pre section table td th title tr ul";

/// What was seen with one sign more, and what of it cannot be of an end any more. None: that was the end.
fn behind(mut seen: String, sign: char, end: &str) -> Option<(String, String)> {
    seen.push(sign);
    if seen.ends_with(end) {
        return None;
    }
    let mut past = String::new();
    while seen.chars().count() >= end.len() {
        past.push(seen.remove(0));
    }
    Some((seen, past))
}

/// Text of an attribute.
fn plain(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';') {
            Some((name, rest)) => plain += &(entity(name) + rest),
            None => plain += &format!("&{part}"),
        }
    }
    plain
}

fn entity(name: &str) -> String {
    let code = name.strip_prefix('#').and_then(|code| match code.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => code.parse().ok(),
    });
    let named = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "agrave" => Some('à'),
        "egrave" => Some('è'),
        "eacute" => Some('é'),
        "igrave" => Some('ì'),
        "ograve" => Some('ò'),
        "ugrave" => Some('ù'),
        _ => code.and_then(char::from_u32),
    };
    named.map_or_else(|| format!("&{name};"), String::from)
}
