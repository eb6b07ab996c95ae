// The inside half of a frame in a portal: says that it is there, how high it is and when its session is over, and takes
// new tokens. Speaks to the page around it alone, and only where that is of an origin the server has named.
(() => {
  const { session, origins: named = "", ends, over } = document.currentScript.dataset;
  const origins = named.split(" ").filter(Boolean);
  const has = ends !== undefined;
  // A tab that a frame has opened, where the browser keeps no cookie in the frame, asks the page around that frame.
  const tab = window.parent === window;
  const around = tab ? (has ? null : (window.opener?.top ?? null)) : window.parent;
  let timer;
  let told = false;

  /** The origins to speak to: that of the page around the frame, where the browser tells it; else each that may be it. */
  function targets() {
    if (tab) return origins;
    let known = window.location.ancestorOrigins?.[0];
    if (!known && document.referrer) known = new URL(document.referrer).origin;
    return origins.includes(known) ? [known] : window.location.ancestorOrigins ? [] : origins;
  }

  function say(message) {
    if (around) for (const target of targets()) around.postMessage(message, target);
  }

  function sayOver() {
    if (told) return;
    told = true;
    clearTimeout(timer);
    if (!tab) say({ type: "entrain:session-expired" });
  }

  function begin(seconds) {
    told = false;
    clearTimeout(timer);
    timer = setTimeout(sayOver, Math.max(0, seconds) * 1000);
  }

  /** Goes on with a token as a form does, so that what is wrong with it is shown. */
  function enter(token, from) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = session;
    form.hidden = true;
    for (const [name, value] of Object.entries({ token, from })) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
    form.remove();
  }

  /** Goes on with a token under the page that stands: what was typed stays. */
  async function renew(token, from) {
    const answer = await ask.call(window, session, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ token, from }),
    }).catch(() => null);
    // Other frames of the page wait for it. Where a form follows, its page is the answer.
    if (answer?.ok || !told) say({ type: "entrain:answered" });
    if (answer?.ok) {
      const { page, seconds } = await answer.json();
      begin(seconds);
      const base = document.documentElement.dataset.embed;
      if (page !== base && !page.startsWith(`${base}/`)) window.location.assign(page);
      else if (document.querySelector("[data-signed-out]")) window.location.reload();
    } else if (told) {
      // There is nothing left to keep: the page that the server answers says why.
      enter(token, from);
    }
  }

  // The program asks the server through this: an answer that nobody is signed in means that the session is over.
  const ask = window.fetch;
  if (has) {
    window.fetch = async (...what) => {
      const answer = await ask.apply(window, what);
      if (answer.status === 401) sayOver();
      return answer;
    };
    begin(Number(ends));
  }

  window.addEventListener("message", (event) => {
    if (!around || event.source !== around || !origins.includes(event.origin)) return;
    const { type, token } = event.data ?? {};
    if (type !== "entrain:token" || typeof token !== "string") return;
    if (has) renew(token, event.origin);
    else enter(token, event.origin);
  });

  /** How high the frame would like to be: its content, and a dialog that is open in it. */
  function height() {
    const content = document.querySelector("[data-embed-content]") ?? document.body;
    let wanted = content.getBoundingClientRect().bottom + window.scrollY;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) {
      // What scrolls in it: its body, or in a low frame the whole of it.
      const scrolls = [dialog, dialog.querySelector(".dialog-body")].filter(Boolean);
      const hidden = scrolls.reduce((sum, { scrollHeight, clientHeight }) => sum + scrollHeight - clientHeight, 0);
      wanted = Math.max(wanted, dialog.offsetHeight + hidden + 64);
    }
    return Math.ceil(wanted);
  }

  let last = 0;
  let waits = false;
  function measure() {
    if (waits || tab) return;
    waits = true;
    // Not in an animation frame: a frame out of sight has none, and would stay as low as it is.
    setTimeout(() => {
      waits = false;
      const now = height();
      if (now !== last) {
        last = now;
        say({ type: "entrain:resize", height: now });
      }
    }, 16);
  }

  new ResizeObserver(measure).observe(document.body);
  new MutationObserver(measure).observe(document.body, { attributes: true, childList: true, subtree: true, characterData: true });
  window.addEventListener("resize", measure);
  window.addEventListener("load", measure);

  say({ type: "entrain:ready" });
  if (over !== undefined) sayOver();
  measure();
})();
