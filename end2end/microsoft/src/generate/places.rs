//! Where invented people sit and what they do.

/// An office with its address. Telephone numbers are made from ranges kept free for fiction or never given out.
#[derive(Debug)]
pub struct Office {
    /// `officeLocation`
    pub name: &'static str,
    /// `streetAddress`
    pub street: &'static str,
    /// `city`
    pub city: &'static str,
    /// `state`
    pub state: Option<&'static str>,
    /// `postalCode`
    pub postal_code: &'static str,
    /// `country`
    pub country: &'static str,
    /// `usageLocation`
    pub usage: &'static str,
    /// The telephone number, a `#` for each digit that differs.
    pub phone: &'static str,
}

/// Every office.
pub static OFFICES: [Office; 6] = [
    Office {
        name: "Amsterdam",
        street: "Voorbeeldkade 12",
        city: "Amsterdam",
        state: Some("Noord-Holland"),
        postal_code: "1099 ZZ",
        country: "Netherlands",
        usage: "NL",
        phone: "+31 20 000 ####",
    },
    Office {
        name: "London HQ",
        street: "1 Sample Lane",
        city: "London",
        state: None,
        postal_code: "EC0A 0AA",
        country: "United Kingdom",
        usage: "GB",
        phone: "+44 20 7946 0###",
    },
    Office {
        name: "München",
        street: "Musterstraße 7",
        city: "München",
        state: Some("Bayern"),
        postal_code: "80000",
        country: "Germany",
        usage: "DE",
        phone: "+49 89 000 ####",
    },
    Office {
        name: "Seattle 4/2111",
        street: "4200 Placeholder Ave NE",
        city: "Seattle",
        state: Some("WA"),
        postal_code: "98100",
        country: "United States",
        usage: "US",
        phone: "+1 206 555 01##",
    },
    Office {
        name: "東京",
        street: "見本町1-2-3",
        city: "千代田区",
        state: Some("東京都"),
        postal_code: "100-0000",
        country: "日本",
        usage: "JP",
        phone: "+81 3 0000 ####",
    },
    Office {
        name: "São Paulo",
        street: "Rua do Exemplo, 100",
        city: "São Paulo",
        state: Some("SP"),
        postal_code: "01000-000",
        country: "Brasil",
        usage: "BR",
        phone: "+55 11 0000 ####",
    },
];

/// A department with the titles that are held in it.
#[derive(Debug)]
pub struct Department {
    /// `department`
    pub name: &'static str,
    /// How many of a hundred people work there.
    pub share: usize,
    /// `jobTitle`
    pub titles: &'static [&'static str],
}

/// Every department; the shares sum to a hundred.
pub static DEPARTMENTS: [Department; 8] = [
    Department {
        name: "Sales",
        share: 22,
        titles: &[
            "Account Manager",
            "Sales Representative",
            "Head of Sales",
            "Pre-Sales Consultant",
        ],
    },
    Department {
        name: "Engineering",
        share: 20,
        titles: &[
            "Software Engineer",
            "Senior Engineer",
            "Engineering Manager",
            "Test Engineer",
        ],
    },
    Department {
        name: "Operations",
        share: 18,
        titles: &["Operations Analyst", "Logistics Planner", "Warehouse Lead"],
    },
    Department {
        name: "Support",
        share: 14,
        titles: &["Support Agent", "Service Desk Lead", "Field Technician"],
    },
    Department {
        name: "Finance",
        share: 10,
        titles: &["Accountant", "Controller", "Chief Financial Officer"],
    },
    Department {
        name: "Marketing",
        share: 7,
        titles: &["Content Editor", "Brand Manager"],
    },
    Department {
        name: "Human Resources",
        share: 5,
        titles: &["HR Business Partner", "Recruiter"],
    },
    Department {
        name: "Legal",
        share: 4,
        titles: &["Legal Counsel", "Paralegal", "Data Protection Officer"],
    },
];

/// How people misspell a department: a blank too much, another letter case, only a blank.
pub static MISSPELT: [&str; 6] = ["sales ", "SALES", " ", "Sales\u{a0}", "Human  Resources", "finance"];
