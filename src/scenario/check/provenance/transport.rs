//! The defaults of connections: what they are and why.

use super::List;
use crate::kms::Badge::{Assumed, Published};
use crate::net::{LIFE_JITTER, ROUND_TRIPS, TicketKeys};
use crate::scenario::model::Scenario;
use crate::scenario::raw::{Either, RawScenario, RawTransport};

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    let Some(tls) = &scenario.tls else { return };
    let written = match &raw.transport {
        Some(Either::Long(raw)) => *raw,
        Some(Either::Short(_)) | None => RawTransport::default(),
    };
    let handshake = written.handshake.unwrap_or_default();
    let (least, most) = (tls.clients.iter().min().unwrap_or(&0), tls.clients.iter().max().unwrap_or(&0));
    let clients = if least == most { format!("{least} at each place") } else { format!("{least} to {most} by place") };
    let why = (Assumed, "a process makes ten requests a second");
    list.setting("transport.clients", clients, written.clients.is_some(), why);
    let why = (Published, "keepalive_timeout of nginx, nginx.org ngx_http_core_module");
    list.setting("transport.idle", tls.idle, written.idle.is_some(), why);
    let why = (Published, "keepalive_time of nginx, nginx.org ngx_http_core_module");
    list.setting("transport.life", tls.life, written.life.is_some(), why);
    let share = format!("{} %", LIFE_JITTER * 100.0);
    let why = "so that connections made together do not end together for ever";
    list.row("transport: life sooner or later by up to", share, Assumed, why);
    let why = (Published, "ssl_session_timeout of nginx, nginx.org ngx_http_ssl_module");
    list.setting("transport.ticket", tls.ticket, written.ticket.is_some(), why);
    let keys = match tls.ticket_keys {
        TicketKeys::Site => "site",
        TicketKeys::Fleet => "fleet",
    };
    let why = (Published, "nginx draws a key of its own when it starts, unless ssl_session_ticket_key names one");
    list.setting("transport.ticket_keys", keys, written.ticket_keys.is_some(), why);
    let why = (Published, "2,000 a second and core with ECDHE and ECDSA P-256, NGINX sizing guide, 2016");
    list.setting("transport.handshake.full", tls.full, handshake.full.is_some(), why);
    let why = (
        Published,
        "4,861 a second and core of TLS 1.3 in OpenSSL, client side, jbp.io 2019, rustls versus OpenSSL: resumption",
    );
    list.setting("transport.handshake.resumed", tls.resumed, handshake.resumed.is_some(), why);
    let why = (Assumed, "four cores of a site do handshakes");
    list.setting("transport.workers", tls.workers, written.workers.is_some(), why);
    let why = (Published, "the backlog of listen of nginx on Linux, nginx.org ngx_http_core_module");
    list.setting("transport.queue", tls.queue, written.queue.is_some(), why);
    let source = "one of TCP, one of TLS 1.3 without 0-RTT, whose data can be replayed, RFC 8446, 2 and 8";
    list.row("transport: round trips of a new connection", ROUND_TRIPS, Published, source);
    let why = (
        Published,
        "HTTPS checks of Route 53 do not validate certificates, awsdocs/amazon-route53-docs \
         dns-failover-determining-health-of-endpoints.md",
    );
    list.setting("transport.checks_verify", tls.checks_verify, written.checks_verify.is_some(), why);
}
