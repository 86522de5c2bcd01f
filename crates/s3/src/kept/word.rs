//! Metadata in encoded words, as S3 takes what is not ASCII.
//!
//! SPEC: RFC 2047. What is no encoded word, or in a charset that we do not know, stays as it was sent: nothing
//! that a client says of its data is dropped.

use data_encoding::BASE64;

/// A header's value as text.
pub fn decode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut was_word = false;
    let mut rest = value.trim_matches([' ', '\t']);
    while !rest.is_empty() {
        let (gap, behind) = rest.split_at(rest.find(|at| at != ' ' && at != '\t').unwrap_or(rest.len()));
        let (token, behind) = behind.split_at(behind.find([' ', '\t']).unwrap_or(behind.len()));
        let word = read(token);
        // SPEC: 6.2: spaces between two encoded words are no part of the text.
        if !(was_word && word.is_some()) {
            out.push_str(gap);
        }
        was_word = word.is_some();
        out.push_str(word.as_deref().unwrap_or(token));
        rest = behind;
    }
    out
}

/// `=?charset?B|Q?text?=`
fn read(token: &str) -> Option<String> {
    let inner = token.strip_prefix("=?")?.strip_suffix("?=")?;
    let mut parts = inner.splitn(3, '?');
    let (charset, encoding, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = match encoding {
        "B" | "b" => BASE64.decode(text.as_bytes()).ok()?,
        "Q" | "q" => unquote(text)?,
        _ => return None,
    };
    // SPEC: RFC 2231, 5: a language may follow the charset.
    match charset.split('*').next()?.to_ascii_lowercase().as_str() {
        "utf-8" | "us-ascii" => String::from_utf8(bytes).ok(),
        "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
        _ => None,
    }
}

fn unquote(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digits = [rest.next()?, rest.next()?];
                let digits =
                    std::str::from_utf8(&digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
                u8::from_str_radix(digits, 16).ok()?
            }
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn words_are_read_and_all_else_is_kept() {
        for (value, text) in [
            ("", ""),
            ("plain, with commas  and  spaces", "plain, with commas  and  spaces"),
            ("=?UTF-8?B?w6k=?=", "é"),
            ("=?utf-8?q?caf=C3=A9_noir?=", "café noir"),
            ("=?ISO-8859-1?Q?caf=E9?=", "café"),
            ("=?UTF-8*it?B?w6k=?=", "é"),
            ("=?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?=", "éé"),
            ("=?UTF-8?B?w6k=?=  and =?UTF-8?B?w6k=?=", "é  and é"),
            ("café", "café"),
            ("=?what?=", "=?what?="),
            ("=?KOI8-R?B?w6k=?=", "=?KOI8-R?B?w6k=?="),
            ("=?UTF-8?B?not base64?=", "=?UTF-8?B?not base64?="),
            ("=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="),
            ("=?UTF-8?Q?=+1?=", "=?UTF-8?Q?=+1?="),
            ("1 =? 2", "1 =? 2"),
        ] {
            assert_eq!(decode(value), text, "{value}");
        }
    }
}
