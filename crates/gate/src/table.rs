//! The rules printed for people: every act, who may, and unless what.
//!
//! The text follows from the policies alone, so that what a lawyer reads is
//! what the gate does. It must never say more, or less, than they do.

use std::fmt::Write;

use words::Act;
use words::reason::Language;

use crate::gate::Gate;
use crate::rule::Rule;

const HEAD: &str = "# Who may do what, and unless what

Printed from `policy/` by a test (`UPDATE_SNAPSHOTS=1 cargo test -p gate policy` writes it anew).
An act is allowed if a sentence under *who may* applies, and nothing under *unless* does.
What cannot be told is refused; where several reasons apply, the first of the list at the end is told.
";

impl Gate {
    /// The whole policy as Markdown.
    pub fn table(&self) -> String {
        let mut page = HEAD.to_owned();
        let mut noun = "";
        for act in Act::ALL {
            if act.row().noun != noun {
                noun = act.row().noun;
                page += &format!("\n## {noun}\n\n| act | who may | unless |\n|---|---|---|\n");
            }
            self.print_act(&mut page, *act);
        }
        page += "\n## Unless\n\n| reason | rule | for |\n|---|---|---|\n";
        let mut refusing: Vec<&Rule> = self.rules().iter().filter(|rule| rule.reason().is_some()).collect();
        refusing.sort_by_key(|rule| rule.reason());
        for rule in refusing {
            print_rule(&mut page, rule);
        }
        page
    }

    fn print_act(&self, page: &mut String, act: Act) {
        let rules = self.explain_act(act);
        let permits = rules.iter().filter(|rule| rule.reason().is_none());
        let who: Vec<&str> = permits.map(|rule| rule.says.as_ref()).collect();
        let mut reasons: Vec<_> = rules.iter().filter_map(|rule| rule.reason()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let unless: Vec<_> = reasons.iter().map(|reason| format!("`{}`", reason.code())).collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {} |", act.name(), who.join("<br>"), unless.join(", "));
    }
}

fn print_rule(page: &mut String, rule: &Rule) {
    let Some(reason) = rule.reason() else { return };
    let _ = writeln!(
        page,
        "| `{}`: {} | {} (`{}`) | {} |",
        reason.code(),
        reason.text(Language::English),
        rule.says,
        rule.id,
        scope(&rule.acts)
    );
}

/// The acts in few words: all of them, all of a noun, or one by one.
fn scope(acts: &[Act]) -> String {
    if acts.len() == Act::ALL.len() {
        return "every act".to_owned();
    }
    let mut nouns: Vec<&str> = acts.iter().map(|act| act.row().noun).collect();
    nouns.dedup();
    let words = nouns.iter().map(|noun| {
        let of = |act: &&Act| act.row().noun == *noun;
        let verbs: Vec<&str> = acts.iter().filter(of).map(|act| act.row().verb).collect();
        if verbs.len() > 1 && verbs.len() == Act::ALL.iter().filter(of).count() {
            return format!("`{noun}.*`");
        }
        let names: Vec<String> = verbs.iter().map(|verb| format!("`{noun}.{verb}`")).collect();
        names.join(", ")
    });
    words.collect::<Vec<_>>().join(", ")
}
