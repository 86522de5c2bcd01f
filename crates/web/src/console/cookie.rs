//! Cookies of the console: a session, a sign-in on its way, a language.
//!
//! SPEC: RFC 6265bis, 4.1.3: with `__Host-` a browser keeps them for this very
//! host, over TLS or loopback alone, and no other host can set them.

use http::HeaderMap;
use http::header::COOKIE;

/// The session's ticket.
pub const SESSION: &str = "__Host-epic";
/// What a sign-in on its way must come back with.
pub const SIGN_IN: &str = "__Host-epic-sign-in";
/// `en` or `it`.
pub const LANGUAGE: &str = "__Host-epic-language";

/// WHY: a ticket with many groups is long, and browsers keep no cookie beyond 4 KiB.
pub const VALUE_CHARS_MAX: usize = 4_000;
/// WHY: a year; whoever comes back reads on in their language.
const LANGUAGE_SECONDS: i64 = 31_536_000;

/// One cookie to be kept, or to be forgotten.
pub struct Cookie {
    name: &'static str,
    value: String,
    seconds: i64,
}

impl Cookie {
    /// Kept for so long.
    pub const fn kept(name: &'static str, value: String, seconds: i64) -> Self {
        Self { name, value, seconds }
    }

    pub const fn forgotten(name: &'static str) -> Self {
        Self { name, value: String::new(), seconds: 0 }
    }

    pub fn language(code: &str) -> Self {
        Self::kept(LANGUAGE, code.to_owned(), LANGUAGE_SECONDS)
    }

    /// WHY lax: whoever comes back from their identity provider comes from elsewhere, by a link. Forms of other sites are
    /// refused by where they come from.
    pub fn text(&self) -> String {
        format!(
            "{}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
            self.name, self.value, self.seconds
        )
    }
}

/// A cookie's value as a browser sends it; one that is there twice is none.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(of, _)| *of == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) if !value.is_empty() && value.len() <= VALUE_CHARS_MAX => Some(value),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_once_or_not_at_all() {
        let of = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, line.parse().unwrap());
            read(&headers, SESSION).map(str::to_owned)
        };
        assert_eq!(of("a=b; __Host-epic=t1").as_deref(), Some("t1"));
        for wrong in ["__Host-epic=t1; __Host-epic=t2", "__Host-epic=", "__Host-epicx=t1", "x__Host-epic=t"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        assert_eq!(of(&format!("__Host-epic={}", "a".repeat(VALUE_CHARS_MAX + 1))), None);
    }
}
