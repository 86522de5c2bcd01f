//! What the texts of the pages are to each other: the tags of ISO 32000-1, 14.8, for those who hear a page.

use krilla::tagging::{Identifier, Node, TagGroup, TagKind, TagTree};

/// A group by its place among the groups; 0 is never a group of text but the first part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group(usize);

/// Groups, each with its parent before it.
#[derive(Default)]
pub struct Tree {
    groups: Vec<(TagKind, Option<Group>)>,
}

impl Tree {
    pub fn add(&mut self, parent: Option<Group>, tag: impl Into<TagKind>) -> Group {
        self.groups.push((tag.into(), parent));
        Group(self.groups.len() - 1)
    }

    /// The tree once the pages are drawn, when each piece of text has its identifier.
    pub fn finish(self, drawn: Vec<(Group, Identifier)>) -> TagTree {
        let mut leaves: Vec<Vec<Node>> = self.groups.iter().map(|_| Vec::new()).collect();
        for (group, identifier) in drawn {
            leaves[group.0].push(identifier.into());
        }
        let mut tree = TagTree::new();
        let mut tops = Vec::new();
        // Children come after their parents: from the end, every group is whole when it is reached.
        for (at, (tag, parent)) in self.groups.into_iter().enumerate().rev() {
            let mut group = TagGroup::new(tag);
            // Child groups were put here from the last to the first.
            let mut children = std::mem::take(&mut leaves[at]);
            if children.iter().all(|child| matches!(child, Node::Group(_))) {
                children.reverse();
            }
            group.children = children;
            match parent {
                Some(parent) => leaves[parent.0].push(group.into()),
                None => tops.push(group),
            }
        }
        for group in tops.into_iter().rev() {
            tree.push(group);
        }
        tree
    }
}
