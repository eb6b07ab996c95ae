//! Groups of a generated directory: one per department and office, groups of groups of groups, two that contain each
//! other, dynamic ones, Microsoft 365 groups, an empty one, one with hidden membership, one with devices in it
//! (graph.md §3).

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::places::{DEPARTMENTS, OFFICES};
use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::random::Random;

struct Maker<'a> {
    random: &'a mut Random,
    directory: &'a mut Directory,
    label: &'a str,
}

/// Fills a directory that has its users with groups and a few devices.
pub fn fill(random: &mut Random, directory: &mut Directory, label: &str) {
    let mut maker = Maker {
        random,
        directory,
        label,
    };
    let departments: Vec<Uuid> = DEPARTMENTS
        .iter()
        .map(|department| maker.department(department.name))
        .collect();
    let offices: Vec<Uuid> = OFFICES.iter().map(|office| maker.office(office.name)).collect();
    maker.nested(&departments, &offices);
    maker.cycle();
    maker.dynamic();
    maker.unified();
    maker.devices();
    maker.security("Decommissioned Scanners", "Empty on purpose", BTreeSet::new());
}

impl Maker<'_> {
    fn put(&mut self, group: Entity, members: BTreeSet<Uuid>) -> Uuid {
        let id = self.random.id();
        self.directory.groups.insert(id, group.with("id", id.to_string()));
        self.directory.members.insert(id, members);
        id
    }

    fn base(&self, name: &str, description: &str) -> Entity {
        let nickname: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let nickname = if nickname.is_empty() {
            "group".to_owned()
        } else {
            nickname
        };
        Entity::new(Kind::Group)
            .with("displayName", name)
            .with("description", description)
            .with("mailNickname", nickname)
            .with("createdDateTime", "2019-05-06T07:08:09Z")
    }

    fn security(&mut self, name: &str, description: &str, members: BTreeSet<Uuid>) -> Uuid {
        let group = self
            .base(name, description)
            .with("mailEnabled", false)
            .with("securityEnabled", true);
        self.put(group, members)
    }

    fn users(&self, takes: impl Fn(&Entity) -> bool) -> BTreeSet<Uuid> {
        self.directory
            .users
            .iter()
            .filter(|(_, user)| takes(user))
            .map(|(id, _)| *id)
            .collect()
    }

    fn department(&mut self, name: &str) -> Uuid {
        let members = self.users(|user| user.text("department") == Some(name));
        self.security(&format!("{name} Department"), "Kept by hand", members)
    }

    fn office(&mut self, name: &str) -> Uuid {
        let members = self.users(|user| user.text("officeLocation") == Some(name));
        self.security(&format!("Office {name}"), "Everybody at this office", members)
    }

    /// All Staff contains groups that contain groups.
    fn nested(&mut self, departments: &[Uuid], offices: &[Uuid]) {
        let some = |numbers: &[usize]| numbers.iter().filter_map(|n| departments.get(*n)).copied().collect();
        let commercial = self.security("Commercial", "Sales and Marketing", some(&[0, 5]));
        let technical = self.security("Technical", "Engineering, Operations and Support", some(&[1, 2, 3]));
        let back_office = self.security("Back Office", "Finance, Human Resources and Legal", some(&[4, 6, 7]));
        let mut staff = BTreeSet::from([commercial, technical, back_office]);
        // Who has no department is a direct member, so that nested and direct members are met side by side.
        staff.extend(self.users(|user| user.get("department").is_none() && user.text("userType") == Some("Member")));
        self.security("All Staff", "Groups within groups", staff);
        self.security("All Offices", "One group per office", offices.iter().copied().collect());
    }

    /// Two project groups, each a member of the other.
    fn cycle(&mut self) {
        let few = |skip: usize| {
            self.directory
                .users
                .keys()
                .skip(skip)
                .step_by(7)
                .take(5)
                .copied()
                .collect()
        };
        let (one, two): (BTreeSet<Uuid>, BTreeSet<Uuid>) = (few(0), few(3));
        let aurora = self.security("Project Aurora", "Contains Project Borealis", one);
        let borealis = self.security("Project Borealis", "Contains Project Aurora", two);
        self.directory.members.entry(aurora).or_default().insert(borealis);
        self.directory.members.entry(borealis).or_default().insert(aurora);
    }

    fn dynamic(&mut self) {
        let rules = [
            ("Dynamic Sales", r#"(user.department -eq "Sales")"#),
            ("Dynamic Guests", r#"(user.userType -eq "Guest")"#),
            (
                "Dynamic Enabled Members",
                r#"(user.accountEnabled -eq true) -and (user.userType -eq "Member")"#,
            ),
        ];
        for (name, rule) in rules {
            let group = self
                .base(name, "Filled by its rule")
                .with("mailEnabled", false)
                .with("securityEnabled", true)
                .with("groupTypes", json!(["DynamicMembership"]))
                .with("membershipRule", rule)
                .with("membershipRuleProcessingState", "On");
            let id = self.put(group, BTreeSet::new());
            self.directory.refill(id);
        }
    }

    /// Microsoft 365 groups, one of them with hidden membership.
    fn unified(&mut self) {
        let groups = [
            (
                "Company Announcements",
                "Public",
                self.users(|user| user.get("accountEnabled") == Some(&json!(true))),
            ),
            (
                "Leadership",
                "Private",
                self.users(|user| {
                    user.text("jobTitle")
                        .is_some_and(|t| t.contains("Head") || t.contains("Chief"))
                }),
            ),
            (
                "Reorganisation",
                "HiddenMembership",
                self.directory.users.keys().step_by(11).take(4).copied().collect(),
            ),
        ];
        for (name, visibility, members) in groups {
            let address = format!("{}@{}.example", name.to_lowercase().replace(' ', "-"), self.label);
            let group = self
                .base(name, "A Microsoft 365 group")
                .with("mailEnabled", true)
                .with("securityEnabled", false)
                .with("groupTypes", json!(["Unified"]))
                .with("proxyAddresses", json!([format!("SMTP:{address}")]))
                .with("mail", address)
                .with("visibility", visibility);
            self.put(group, members);
        }
    }

    /// Devices are members of groups too, and no user.
    fn devices(&mut self) {
        let mut members: BTreeSet<Uuid> = self.directory.users.keys().take(1).copied().collect();
        for number in 1..=3 + self.directory.users.len().min(20_000) / 1000 {
            let id = self.random.id();
            let device = Entity::new(Kind::Device)
                .with("id", id.to_string())
                .with("deviceId", self.random.id().to_string())
                .with("displayName", format!("KIOSK-{number:03}"))
                .with("operatingSystem", "Windows")
                .with("operatingSystemVersion", "10.0.22631.0")
                .with("trustType", "AzureAd")
                .with("accountEnabled", true)
                .with("isManaged", true)
                .with("isCompliant", number % 2 == 1)
                .with("registrationDateTime", "2023-03-04T05:06:07Z");
            self.directory.devices.insert(id, device);
            members.insert(id);
        }
        self.security("Kiosk Devices", "Devices and the user who looks after them", members);
    }
}
