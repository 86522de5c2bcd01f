//! The macro that turns the table into types: it holds no rows of its own.

macro_rules! body {
    () => {
        crate::act::Body::None
    };
    ($body:ident) => {
        crate::act::Body::$body
    };
}

macro_rules! acts {
    ($(
        #[doc = $help:literal]
        $act:ident = $noun:literal $verb:literal in $home:ident on $target:ident weighs $weight:ident $(carries $body:ident)?
        by [$($role:ident),*]
        { $(#[doc = $field_help:literal] $field:ident: $kind:ty,)* }
    )*) => {
        /// The name of everything that can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $(#[doc = $help] $act,)* }

        impl Act {
            /// Every act, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$act,)*];
        }

        $(
            #[doc = $help]
            #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $act { $(#[doc = $field_help] pub $field: $kind,)* }

            impl crate::act::Deed for $act {
                const ACT: Act = Act::$act;
            }
        )*

        /// A deed of an act read from JSON and written again; none if it does not read. For fuzzing.
        #[doc(hidden)]
        pub fn written_again(act: Act, fields: &str) -> Option<String> {
            match act {
                $(Act::$act => serde_json::to_string(&serde_json::from_str::<$act>(fields).ok()?).ok(),)*
            }
        }

        pub(super) const ROWS: &[crate::act::Row] = &[$(crate::act::Row {
            act: Act::$act,
            name: concat!($noun, ".", $verb),
            noun: $noun,
            verb: $verb,
            home: crate::act::Home::$home,
            target: crate::noun::Noun::$target,
            weight: crate::act::Weight::$weight,
            body: body!($($body)?),
            who: &[$(crate::actor::Role::$role),*],
            help: $help.trim_ascii(),
            fields: &[$(crate::act::Field {
                name: stringify!($field),
                help: $field_help.trim_ascii(),
                kind: <$kind as crate::act::field::FieldType>::KIND,
                is_required: <$kind as crate::act::field::FieldType>::IS_REQUIRED,
            }),*],
        }),*];
    };
}
