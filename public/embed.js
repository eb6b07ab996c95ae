// A page of Entrain inside a portal. The portal's page loads this file as a module and holds the element:
//
//   <script type="module" src="https://entrain.example/embed.js"></script>
//   <entrain-embed src="https://entrain.example/embed/PORTAL/tenants/ID" token="TOKEN"></entrain-embed>
//
// The token is signed by the portal's server for the person who looks. A new one is given by setting `token` (attribute
// or property), or by a function in the property `renew` that promises one: it is called before the session ends, when
// the session is over, and at the beginning if there is no token. The event `entrain-session-expired` tells that the
// session is over. `label` names the frame for screen readers.

const MINUTE = 60_000;
/** A token lives ten minutes at most and a session fifteen from its last token: this leaves five to get another one. */
const RENEW_AFTER = 10 * MINUTE;
/** How soon the portal is asked again when it gave no token. */
const ASK_AGAIN = MINUTE;
/** So long the next frame waits for one whose answer does not come. */
const PATIENCE = 10 * 1000;
/** No page of ours is higher, so a number beyond it is a mistake. */
const HIGHEST = 50_000;
/**
 * Entrain runs its own scripts with its own cookie, sends forms, opens links in ordinary tabs, and saves files. What is
 * left out protects the portal: the frame can't lead the portal's window to another address, nor stop it with a modal
 * box. That scripts and the own origin are both allowed takes nothing away, as the portal's origin is another.
 */
const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads";

/**
 * All frames of a page share Entrain's cookie, and each token makes a new one in the place of the former. So they take
 * turns: of two at once the later answer would take away what the earlier one opened.
 */
let turns = Promise.resolve();

/** Runs `exchange` when those before it are done. */
function inTurn(exchange) {
  turns = turns.then(exchange).catch((error) => console.error("entrain-embed:", error));
}

class EntrainEmbed extends HTMLElement {
  static observedAttributes = ["src", "token", "label"];

  #connected = false;
  /** Ends with the frame: its signal takes the listener away, and what was asked for an older frame is dropped. */
  #life;
  #frame;
  /** Where the frame's pages are: their origin, and the address that takes tokens. */
  #entrain;
  #token = "";
  #renew;
  /** The token was handed over in this frame. */
  #given = false;
  /** A token came to this frame by a form, and the document after that takes others by message. */
  #entered = false;
  /** The frame's document said that it listens. */
  #listens = false;
  /** Ends the turn of this frame, once what a token came to is known. */
  #answered;
  /** The life for which the portal is being asked for a token, and when that was. */
  #asking;
  #asked = -Infinity;
  #timer;
  /** When each tab that the frame opened was given a token. */
  #tabs = new WeakMap();

  get src() {
    return this.getAttribute("src") ?? "";
  }

  set src(src) {
    this.setAttribute("src", src);
  }

  get token() {
    return this.#token;
  }

  set token(token) {
    if (!token || token === this.#token) return;
    this.#token = String(token);
    this.#given = false;
    this.#hand();
  }

  get renew() {
    return this.#renew;
  }

  set renew(renew) {
    this.#renew = typeof renew === "function" ? renew : undefined;
    // A frame may have waited for it.
    if (this.#listens && this.#token === "") this.#ask();
  }

  connectedCallback() {
    // Set before this file had run, a property lies in front of the one of this class.
    for (const name of ["src", "token", "renew"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#connected = true;
    this.#begin();
  }

  disconnectedCallback() {
    this.#connected = false;
    this.#end();
  }

  attributeChangedCallback(name, before, now) {
    if (name === "token") this.token = now;
    else if (name === "label" && this.#frame) this.#frame.title = this.#title();
    else if (name === "src" && this.#connected && before !== now) this.#begin();
  }

  #title() {
    return this.getAttribute("label") || "Microsoft user sync";
  }

  /** Makes the frame. It waits at Entrain's address for a token, and leads on to the page itself. */
  #begin() {
    this.#end();
    if (this.src === "") return;
    this.#entrain = addressesOf(this.src);
    if (!this.#entrain) {
      console.error(`entrain-embed: src "${this.src}" is no address such as https://entrain.example/embed/PORTAL/tenants/ID`);
      return;
    }
    this.#life = new AbortController();
    window.addEventListener("message", (event) => this.#heard(event), { signal: this.#life.signal });
    const frame = document.createElement("iframe");
    // A name that no other window can have taken before, as a form is sent to it.
    frame.name = `entrain-${crypto.randomUUID()}`;
    frame.title = this.#title();
    frame.setAttribute("sandbox", SANDBOX);
    // By properties, which a policy without inline styles lets through.
    Object.assign(frame.style, { display: "block", width: "100%", border: "0" });
    frame.src = this.#entrain.session;
    this.#frame = frame;
    this.append(frame);
  }

  #end() {
    this.#life?.abort();
    this.#frame?.remove();
    clearTimeout(this.#timer);
    this.#life = this.#frame = undefined;
    // Another frame may get the same token: with the session that it opened it is good for a while.
    this.#given = this.#entered = this.#listens = false;
  }

  /** A message to the portal's window: anybody may send one, and only Entrain's own from this frame count. */
  #heard({ data, origin, source }) {
    if (origin !== this.#entrain.origin || source === null || typeof data?.type !== "string") return;
    const frame = this.#frame.contentWindow;
    if (source === frame) this.#told(data);
    // Who opened a window is one of the few things that a window of another origin tells.
    else if (data.type === "entrain:ready" && source.opener === frame) this.#enterTab(source);
  }

  #told({ type, height }) {
    if (type === "entrain:resize" && height > 0 && height <= HIGHEST) this.#frame.style.height = `${Math.ceil(height)}px`;
    if (type === "entrain:answered") this.#answered?.();
    if (type === "entrain:ready") {
      this.#answered?.();
      this.#listens = true;
      if (this.#token === "") this.#ask();
      else this.#hand();
    }
    if (type === "entrain:session-expired" && this.#entered) this.#expired();
  }

  /** Hands the token over, once, when there is one and a document that takes it. */
  #hand() {
    if (!this.#listens || this.#given || this.#token === "") return;
    this.#given = true;
    const [life, token] = [this.#life, this.#token];
    // While it waited the frame may have gone, or another token may have come, which waits for itself.
    inTurn(() => (life.signal.aborted || token !== this.#token ? undefined : this.#exchange(life)));
    this.#askIn(RENEW_AFTER);
  }

  /** Sends the token, and promises that it was answered; or that nobody should wait any longer. */
  #exchange(life) {
    return new Promise((resolve) => {
      this.#answered = resolve;
      life.signal.addEventListener("abort", resolve);
      setTimeout(resolve, PATIENCE);
      if (this.#entered) this.#send(this.#frame.contentWindow, this.#token);
      else this.#enter();
    });
  }

  /** The first token: a form sent into the frame, so that it stands in no address. */
  #enter() {
    this.#entered = true;
    this.#listens = false;
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: this.#entrain.session, target: this.#frame.name, hidden: true });
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "token", value: this.#token });
    form.append(field);
    this.append(form);
    form.submit();
    form.remove();
  }

  #send(to, token) {
    to.postMessage({ type: "entrain:token", token }, this.#entrain.origin);
  }

  #expired() {
    const before = this.#token;
    this.dispatchEvent(new CustomEvent("entrain-session-expired", { bubbles: true }));
    if (this.#token !== before) return;
    // A token that was refused ends in the same message: asking at once would go round and round.
    if (Date.now() - this.#asked > ASK_AGAIN) this.#ask();
    else this.#askIn(ASK_AGAIN);
  }

  #askIn(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), milliseconds);
  }

  /** Asks the portal for another token. */
  async #ask() {
    const life = this.#life;
    if (this.#asking === life || !this.#renew) return;
    this.#asking = life;
    this.#asked = Date.now();
    const token = await this.#renewed();
    if (this.#asking === life) this.#asking = undefined;
    if (this.#life !== life) return;
    if (token) this.token = token;
    else this.#askIn(ASK_AGAIN);
  }

  /** What the portal's `renew` promised; nothing, and a line in the console, where it failed. */
  async #renewed() {
    try {
      const token = await this.#renew();
      if (typeof token === "string" && token !== "") return token;
      console.error("entrain-embed: renew promised no token");
    } catch (error) {
      console.error("entrain-embed: renew failed", error);
    }
    return undefined;
  }

  /** Where a browser keeps no cookie in frames, Entrain offers a tab of its own: that one needs a token for itself. */
  async #enterTab(tab) {
    const now = Date.now();
    // Each document says that it is ready, also the one after the token.
    if (!this.#renew || now - (this.#tabs.get(tab) ?? -Infinity) < ASK_AGAIN) return;
    this.#tabs.set(tab, now);
    const life = this.#life;
    const token = await this.#renewed();
    if (token && this.#life === life) this.#send(tab, token);
  }
}

/** Entrain's origin and the address for tokens, of the address of any page in a portal. */
function addressesOf(src) {
  if (!URL.canParse(src, document.baseURI)) return undefined;
  const { origin, pathname, protocol } = new URL(src, document.baseURI);
  const portal = /^(.*\/embed\/[^/]+)\//.exec(pathname)?.[1];
  return portal && /^https?:$/.test(protocol) ? { origin, session: `${origin}${portal}/session` } : undefined;
}

if (!customElements.get("entrain-embed")) customElements.define("entrain-embed", EntrainEmbed);
