//! Tables of data: a caption for screen readers, a sticky head, and a region that scrolls by keyboard. In a narrow
//! frame each row becomes a card, the first cell its heading, the others labelled.
//!
//! The roles are written out although the elements have them: a browser that shows rows as cards may drop them.

use leptos::{children::ViewFnOnce, prelude::*};

use super::{
    icon::{Glyph, Icon},
    search_field::Searches,
};

/// How rows are sorted by a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Not by this one.
    #[default]
    None,
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Sort {
    const fn aria(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Ascending => Some("ascending"),
            Self::Descending => Some("descending"),
        }
    }
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    #[default]
    Text,
    /// What the row is called: its first cell of words, the card's heading.
    Primary,
    /// Words of which some must stay beside each other, as a product's name.
    Phrase,
    /// One long word that may break anywhere, but not into a pillar of letters: an address.
    Address,
    /// What must not break: a phone number, a time, a badge.
    Solid,
    /// A figure, to the right.
    Number,
    /// The row's menu or buttons.
    Actions,
    /// The row's box.
    Select,
}

const fn cell_class(cell: Cell) -> &'static str {
    match cell {
        Cell::Text => "",
        Cell::Primary => "cell-primary",
        Cell::Phrase => "cell-phrase",
        Cell::Address => "cell-address",
        Cell::Solid => "cell-solid",
        Cell::Number => "cell-number",
        Cell::Actions => "cell-actions",
        Cell::Select => "cell-select",
    }
}

/// How much room the columns of a table need. With `true` for [`Wide::Tablet`] that is said where it is most often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wide {
    /// More than a phone has.
    #[default]
    No,
    /// More than a part of a page has, beside a panel.
    Part,
    /// So many columns, or such long words in them, that they need more than a tablet has.
    Tablet,
    /// More than a small desk has: there three fields of a card are beside each other.
    Desk,
}

impl From<bool> for Wide {
    fn from(wide: bool) -> Self {
        if wide { Self::Tablet } else { Self::No }
    }
}

const fn frame_class(wide: Wide) -> &'static str {
    match wide {
        Wide::No => "data-frame",
        Wide::Part => "data-frame data-part",
        Wide::Tablet => "data-frame data-wide",
        Wide::Desk => "data-frame data-wide data-widest",
    }
}

/// A table: `head` is a row of [`Th`], the children are [`Tr`]s, [`SkeletonRows`] or one [`EmptyRow`].
#[component]
pub fn Table(
    /// What the table lists; also the name of the region that scrolls.
    #[prop(into)]
    caption: String,
    /// The [`Th`]s.
    #[prop(into)]
    head: ViewFnOnce,
    /// Rows are on their way: what is in sight may be out of date.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// How much room its columns need; with less, its rows are cards with several fields beside each other.
    #[prop(optional, into)]
    wide: Wide,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let name = caption.clone();
    view! {
        <div class=frame_class(wide)>
            <div class="data-region" role="group" aria-label=name tabindex="0">
                <table class="data-table" role="table" aria-busy=move || busy.get().then_some("true")>
                    <caption class="sr-only">{caption}</caption>
                    <thead role="rowgroup">
                        <tr role="row">{head.run()}</tr>
                    </thead>
                    <tbody role="rowgroup">{children()}</tbody>
                </table>
            </div>
            // Where it ends: the columns of a table that has arrived in part move with every further row.
            <span class="arrived" hidden></span>
        </div>
    }
    .into_any()
}

/// The head of a column; with `href` a link that sorts by it.
#[component]
pub fn Th(
    /// What the column says.
    #[prop(into)]
    label: String,
    /// What its cells hold.
    #[prop(optional)]
    cell: Cell,
    /// The label is for screen readers only: boxes and menus.
    #[prop(optional)]
    hidden: bool,
    /// The address that sorts by this column, or turns its order round. What is typed into the search of the page that
    /// it leads to goes along.
    #[prop(optional, into)]
    href: Option<String>,
    /// How it is sorted now.
    #[prop(optional)]
    sort: Sort,
    /// In place of the label: the box that ticks every row.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let arrow = match sort {
        Sort::None => None,
        Sort::Ascending => Some(Icon::ArrowUp),
        Sort::Descending => Some(Icon::ArrowDown),
    };
    let content = match (children, href) {
        (Some(children), _) => children(),
        (None, Some(href)) => {
            let searches = use_context::<Searches>().unwrap_or_default();
            view! {
                <a
                    class="inline-flex min-h-6 items-center gap-1 rounded-sm hover:text-text aria-[current=true]:text-text"
                    href=move || searches.taken_along(&href, "sort")
                    data-noscroll=true
                    aria-current=(sort != Sort::None).then_some("true")
                >
                    {label}
                    {arrow.map(|icon| view! { <Glyph icon /> })}
                </a>
            }
            .into_any()
        }
        (None, None) if hidden => view! { <span class="sr-only">{label}</span> }.into_any(),
        (None, None) => label.into_any(),
    };
    view! {
        <th scope="col" role="columnheader" class=cell_class(cell) aria-sort=sort.aria()>
            {content}
        </th>
    }
    .into_any()
}

/// The head of the column in which the rows have their buttons and menus, for screen readers only.
#[component]
pub fn ActionsHead() -> impl IntoView {
    view! { <Th label="Actions" cell=Cell::Actions hidden=true /> }.into_any()
}

/// A row of [`Td`]s.
#[component]
pub fn Tr(
    /// The cells.
    children: Children,
) -> impl IntoView {
    view! { <tr role="row">{children()}</tr> }
}

/// A cell. Give every cell of words its column as `label`: that is what a phone shows beside it.
#[component]
pub fn Td(
    /// What it holds.
    #[prop(optional)]
    cell: Cell,
    /// The column's name.
    #[prop(optional, into)]
    label: Option<String>,
    /// The content; nothing where nothing is known.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let label = label.filter(|_| !matches!(cell, Cell::Primary | Cell::Actions | Cell::Select));
    // One child, so that a card can put the label on the left and all the rest on the right.
    let content = match cell {
        Cell::Text | Cell::Phrase | Cell::Address | Cell::Solid | Cell::Number => {
            children.map(|children| view! { <div>{children()}</div> }.into_any())
        }
        Cell::Primary | Cell::Actions | Cell::Select => children.map(|children| children()),
    };
    view! {
        <td role="cell" class=cell_class(cell) data-label=label>
            {content}
        </td>
    }
    .into_any()
}

/// Words from outside in a cell of text; nothing at all where there are none, so that a card leaves out their label.
/// The server writes a space for an empty text, and an element around that would not count as empty.
#[component]
pub fn CellWords(
    /// The words.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    (!text.is_empty()).then(|| view! { <bdi>{text}</bdi> }).into_any()
}

/// The buttons of a row in its cell of [`Cell::Actions`], where there may be several: side by side, and on a second
/// line where one is not enough.
#[component]
pub fn RowButtons(
    /// The buttons, and forms of a button.
    children: Children,
) -> impl IntoView {
    view! { <div class="row-buttons">{children()}</div> }.into_any()
}

/// The one row of a table without rows; put an [`EmptyState`](super::empty_state::EmptyState) into it.
#[component]
pub fn EmptyRow(
    /// How many columns the table has.
    columns: u32,
    /// What is so and what to do.
    children: Children,
) -> impl IntoView {
    view! {
        <tr role="row" class="row-plain">
            <td role="cell" colspan=columns.to_string() class="!max-w-none">
                {children()}
            </td>
        </tr>
    }
    .into_any()
}

/// Rows of the size that real ones will have, until they come.
#[component]
pub fn SkeletonRows(
    /// How many columns the table has.
    columns: u32,
    /// How many rows to expect.
    #[prop(default = 8)]
    rows: u32,
) -> impl IntoView {
    let cell = |column: u32| {
        let width = match column % 3 {
            0 => "skeleton w-32 max-w-full",
            1 => "skeleton w-24 max-w-full",
            _ => "skeleton w-16 max-w-full",
        };
        view! {
            <td role="cell">
                <span class=width></span>
            </td>
        }
    };
    (0..rows)
        .map(|row| {
            view! {
                <tr role="row" class="row-plain">
                    {(0..columns).map(|column| cell(column + row)).collect_view()}
                </tr>
            }
        })
        .collect_view()
}
