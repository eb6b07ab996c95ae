use super::*;
use serde_json::json;

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer {
        operation: "GET /v1.0/users".into(),
        status,
        content_type: None,
        request_id: None,
        client_request_id: Uuid::nil(),
        location: None,
        retry_after: None,
        clock: None,
        secrets: Secrets::default(),
        body: body.into(),
    }
}

fn graph(status: u16, code: &str) -> GraphError {
    answer(status, json!({"error": {"code": code, "message": "no"}}).to_string()).graph_error()
}

#[test]
fn known_codes_and_statuses_become_kinds() {
    use GraphErrorKind::*;
    for (status, code, kind) in [
        (401, "InvalidAuthenticationToken", Unauthorized),
        (401, "Authorization_IdentityNotFound", Unauthorized),
        (403, "Authorization_RequestDenied", PermissionMissing),
        (403, "Authentication_MSGraphPermissionMissing", PermissionMissing),
        (
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            PremiumRequired,
        ),
        (403, "insufficient_claims", Forbidden),
        (404, "Request_ResourceNotFound", NotFound),
        (400, "Directory_ExpiredPageToken", ExpiredPageToken),
        (400, "syncStateNotFound", ExpiredPageToken),
        (410, "", ExpiredPageToken),
        (400, "Request_BadRequest", Other),
        (429, "TooManyRequests", Throttled),
        (429, "ByAnyOtherName", Throttled),
        (503, "serviceNotAvailable", Unavailable),
        (504, "UnknownError", Unavailable),
        (501, "NotImplemented", Other),
    ] {
        assert_eq!(graph(status, code).kind, kind, "{status} {code}");
    }
}

#[test]
fn intunes_words_for_a_missing_permission_are_known_and_only_there() {
    let words = "{\r\n  \"_version\": 3,\r\n  \"Message\": \"Application is not authorized to perform this operation. \
                 Application must have one of the following scopes: DeviceManagementManagedDevices.Read.All\"}";
    let refused = |operation: &str, status, words: &str| {
        let body = json!({"error": {"code": "Forbidden", "message": words}}).to_string();
        let answer = Answer {
            operation: operation.into(),
            ..answer(status, body)
        };
        answer.graph_error()
    };
    let intune = "GET /v1.0/deviceManagement/managedDevices";
    let missing = refused(intune, 403, words);
    assert_eq!(missing.kind, GraphErrorKind::PermissionMissing);
    assert_eq!(missing.code.as_deref(), Some("Forbidden"));
    assert!(
        missing.remedy().contains("DeviceManagementManagedDevices.Read.All"),
        "{}",
        missing.remedy()
    );
    for (operation, status, words) in [
        ("GET /v1.0/users", 403, words),
        (intune, 403, "no"),
        (intune, 400, words),
    ] {
        let kind = refused(operation, status, words).kind;
        assert_ne!(kind, GraphErrorKind::PermissionMissing, "{operation} {status} {words}");
    }
}

#[test]
fn the_innermost_known_code_wins() {
    let nested = json!({"error": {"code": "Forbidden", "message": "outer", "innerError": {
        "code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "innererror": {"code": "nobodyKnowsThis", "request-id": "r-1"},
    }}});
    let error = answer(403, nested.to_string()).graph_error();
    assert_eq!(error.kind, GraphErrorKind::PremiumRequired);
    assert_eq!(
        error.code.as_deref(),
        Some("Authentication_RequestFromNonPremiumTenantOrB2CTenant")
    );
    assert_eq!(
        (error.message.as_str(), error.request_id.as_deref()),
        ("outer", Some("r-1"))
    );
}

#[test]
fn an_empty_code_is_no_code() {
    let error = graph(403, "");
    assert_eq!((error.kind, error.code.as_deref()), (GraphErrorKind::Forbidden, None));
}

#[test]
fn the_request_id_of_the_header_wins_over_that_of_the_body() {
    let body = json!({"error": {"code": "x", "innerError": {"request-id": "body"}}}).to_string();
    let from_header = Answer {
        request_id: Some("header".into()),
        ..answer(500, body)
    };
    assert_eq!(from_header.graph_error().request_id.as_deref(), Some("header"));
}

#[test]
fn a_body_that_is_not_json_leaves_the_status_and_its_beginning() {
    for (body, begins) in [
        ("<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        ("", ""),
        ("{\"error\": {\"code\": \"TooMan", "{\"error\""),
        ("{\"error\": 7}", "{\"error\": 7}"),
        ("null", "null"),
    ] {
        let error = answer(502, body).graph_error();
        assert_eq!((error.kind, error.status), (GraphErrorKind::Unavailable, Some(502)));
        assert!(error.message.starts_with(begins), "{:?}", error.message);
    }
    assert_eq!(answer(502, "é".repeat(500)).graph_error().message.len(), EXCERPT);
}

#[test]
fn a_body_of_any_bytes_is_survived() {
    for bytes in [&[0xff, 0xfe, 0x00][..], &[0x1f, 0x8b], b"[[[[", b"\"error\""] {
        assert_eq!(answer(500, bytes).graph_error().kind, GraphErrorKind::Unavailable);
        assert_eq!(
            answer(200, bytes).decode::<Vec<u8>>().unwrap_err().kind,
            GraphErrorKind::Decode
        );
    }
}

#[test]
fn a_list_is_no_page_although_its_items_would_fit_the_fields() {
    for body in ["[[], null]", " \n[[],\"https://graph.microsoft.com/v1.0/users\"]"] {
        let error = answer(200, body)
            .decode::<super::super::wire::Page<super::super::wire::User>>()
            .unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::Decode, "{body}");
    }
}

#[test]
fn a_value_that_does_not_fit_is_named_by_its_path() {
    #[derive(Debug, serde::Deserialize)]
    struct Page {
        #[expect(dead_code, reason = "only decoded")]
        value: Vec<super::super::wire::User>,
    }
    let body = json!({"value": [{"id": Uuid::nil()}, {"id": Uuid::nil(), "createdDateTime": "yesterday"}]});
    let error = answer(200, body.to_string()).decode::<Page>().unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Decode);
    assert!(
        error.message.contains("value[1].createdDateTime") && error.message.contains("yesterday"),
        "{error}"
    );
}

fn token(status: u16, body: Value) -> GraphError {
    answer(status, body.to_string()).token_error()
}

#[test]
fn a_refused_token_carries_its_aadsts_number() {
    let error = token(
        401,
        json!({
            "error": "invalid_client", "error_codes": [7000222], "trace_id": "t-1",
            "error_description": "AADSTS7000222: The provided client secret keys are expired.\r\nTrace ID: t-1\r\n",
        }),
    );
    assert_eq!(error.kind, GraphErrorKind::Token { aadsts: Some(7000222) });
    assert_eq!(error.code.as_deref(), Some("invalid_client"));
    assert_eq!(
        error.message,
        "AADSTS7000222: The provided client secret keys are expired."
    );
    assert_eq!(error.request_id.as_deref(), Some("t-1"));
}

#[test]
fn the_aadsts_number_is_found_in_the_text_or_in_the_list() {
    let number = |body| match token(400, body).kind {
        GraphErrorKind::Token { aadsts } => aadsts,
        kind => panic!("{kind:?}"),
    };
    assert_eq!(
        number(json!({"error": "x", "error_description": "AADSTS65001: no consent"})),
        Some(65001)
    );
    assert_eq!(
        number(json!({"error": "x", "error_description": "AADSTS90002"})),
        Some(90002)
    );
    assert_eq!(number(json!({"error": "x", "error_codes": [90002]})), Some(90002));
    assert_eq!(
        number(json!({"error": "x", "error_description": "AADSTS53003: b", "error_codes": [50076, 53003]})),
        Some(53003)
    );
    assert_eq!(
        number(json!({"error": "x", "error_description": "AADSTS99999999999999: too long"})),
        None
    );
    assert_eq!(number(json!({"error": "unauthorized_client"})), None);
}

#[test]
fn a_token_endpoint_out_of_order_is_no_refusal() {
    assert_eq!(answer(503, "<html>").token_error().kind, GraphErrorKind::Unavailable);
    assert_eq!(answer(429, "").token_error().kind, GraphErrorKind::Throttled);
    assert_eq!(
        answer(404, "<html>").token_error().kind,
        GraphErrorKind::Token { aadsts: None }
    );
}
