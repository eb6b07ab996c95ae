//! The buckets and what they let through.

use proptest::prelude::*;

use super::*;

#[test]
fn a_full_bucket_tells_how_long_to_wait_and_after_that_it_fits() {
    let (limit, now) = (Limit::new(10, 5), Instant::now());
    let mut bucket = Bucket::default();
    assert_eq!(bucket.take(limit, 8, now), Ok(0.8));
    let wait = bucket.take(limit, 6, now).unwrap_err();
    assert_eq!(wait, Duration::from_secs(2));
    assert!(bucket.take(limit, 6, now + wait).is_ok());
}

#[test]
fn the_size_of_the_tenant_sets_the_limit() {
    let settings = Throttle::default();
    let amounts = [0, 49, 50, 500, 501].map(|users| settings.of_size(users).amount);
    assert_eq!(amounts, [3_500, 3_500, 5_000, 5_000, 8_000]);
}

#[test]
fn limits_are_read_as_off_or_as_an_object_that_names_only_what_differs() {
    assert!(!parse_throttle("off\n").unwrap().enabled);
    let read = parse_throttle(r#"{"small": {"amount": 10, "seconds": 2}}"#).unwrap();
    let expected = Throttle {
        small: Limit::new(10, 2),
        ..Throttle::default()
    };
    assert_eq!(read, expected);
    let error = parse_throttle(r#"{"tiny": 1}"#).unwrap_err().to_string();
    assert!(error.contains("tiny"), "{error}");
}

#[test]
fn one_tenants_use_is_not_anothers_but_the_application_has_a_limit_of_its_own() {
    let settings = Throttle {
        small: Limit::new(4, 10),
        application: Limit::new(6, 20),
        ..Throttle::default()
    };
    let (mut throttling, now) = (Throttling::new(settings), Instant::now());
    let demand = |tenant: u128| Demand {
        tenant: Uuid::from_u128(tenant),
        users: 10,
        units: 3,
        activity: false,
        intune: false,
        report: false,
    };
    assert_eq!(throttling.spend(demand(1), now), Ok(None));
    assert_eq!(
        throttling.spend(demand(1), now).unwrap_err().scope,
        "Tenant_Application"
    );
    assert_eq!(
        throttling.spend(demand(2), now),
        Ok(Some(1.0)),
        "all of the application's six"
    );
    let exceeded = throttling.spend(demand(3), now).unwrap_err();
    assert_eq!((exceeded.scope, exceeded.retry_after()), ("Application", 10));
}

#[test]
fn a_refused_request_costs_nothing_unless_the_settings_say_so_and_who_waits_as_told_is_served() {
    let demand = Demand {
        tenant: Uuid::nil(),
        users: 10,
        units: 4,
        activity: false,
        intune: false,
        report: false,
    };
    for (refused_counts, seconds) in [(false, [2, 2]), (true, [6, 10])] {
        let mut throttling = Throttling::new(Throttle {
            small: Limit::new(10, 10),
            refused_counts,
            ..Throttle::default()
        });
        let now = Instant::now();
        for _ in 0..2 {
            throttling.spend(demand, now).unwrap();
        }
        let waits = [(); 2].map(|()| throttling.spend(demand, now).unwrap_err());
        assert_eq!(waits.clone().map(|refused| refused.retry_after()), seconds);
        let later = now + waits[1].wait + Duration::from_millis(1);
        assert!(throttling.spend(demand, later).is_ok());
    }
}

#[test]
fn sign_in_activity_is_a_report_only_where_the_settings_say_so() {
    let demand = Demand {
        tenant: Uuid::nil(),
        users: 10,
        units: 1,
        activity: true,
        intune: false,
        report: false,
    };
    let now = Instant::now();
    for (counted, served) in [(false, 20), (true, 5)] {
        let mut throttling = Throttling::new(Throttle {
            activity_is_report: counted,
            ..Throttle::default()
        });
        assert_eq!(
            (0..20).filter(|_| throttling.spend(demand, now).is_ok()).count(),
            served
        );
    }
}

proptest! {
    #[test]
    fn no_window_ever_lets_through_more_than_twice_its_limit(
        costs in proptest::collection::vec((1u32..5, 0u64..400), 1..200),
    ) {
        let limit = Limit::new(10, 2);
        let (start, mut bucket, mut at, mut through) = (Instant::now(), Bucket::default(), 0, Vec::new());
        for (cost, pause) in costs {
            at += pause;
            if bucket.take(limit, cost, start + Duration::from_millis(at)).is_ok() {
                through.push((at, cost));
            }
        }
        for (from, _) in &through {
            let within = through.iter().filter(|(at, _)| at >= from && *at < from + 2_000);
            prop_assert!(within.map(|(_, cost)| cost).sum::<u32>() <= 20);
        }
    }

    #[test]
    fn who_waits_as_told_is_served(costs in proptest::collection::vec(1u32..12, 1..100)) {
        let limit = Limit::new(10, 3);
        let (mut now, mut bucket) = (Instant::now(), Bucket::default());
        for cost in costs {
            if let Err(wait) = bucket.take(limit, cost, now) {
                now += wait;
                prop_assert!(bucket.take(limit, cost, now + Duration::from_micros(1)).is_ok());
            }
        }
    }
}

#[test]
fn the_application_has_a_limit_of_requests_over_all_tenants_whatever_they_ask() {
    let mut throttling = Throttling::new(Throttle {
        global: Limit::new(3, 10),
        ..Throttle::default()
    });
    let now = Instant::now();
    let demand = |tenant: u128, intune| Demand {
        tenant: Uuid::from_u128(tenant),
        users: 10,
        units: 1,
        activity: false,
        intune,
        report: false,
    };
    for (tenant, intune) in [(1, false), (2, true), (3, false)] {
        assert!(throttling.spend(demand(tenant, intune), now).is_ok());
    }
    let told = throttling.spend(demand(4, true), now).unwrap_err();
    assert_eq!((told.scope, told.information), ("Application", "RequestLimitExceeded"));
}

#[test]
fn a_tenants_intune_has_a_limit_of_its_own() {
    let mut throttling = Throttling::new(Throttle {
        intune_tenant: Limit::new(1, 20),
        ..Throttle::default()
    });
    let demand = Demand {
        tenant: Uuid::nil(),
        users: 10,
        units: 1,
        activity: false,
        intune: true,
        report: false,
    };
    let now = Instant::now();
    assert!(throttling.spend(demand, now).is_ok());
    let told = throttling.spend(demand, now).unwrap_err();
    assert_eq!((told.scope, told.retry_after()), ("Tenant", 20));
}
