// The live page of a supervised program. What comes from the server is put in as text, never as HTML.

const $ = (id) => document.getElementById(id);

// MARK: Making and changing elements

/** An element with a class and some text or children. */
function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.map((part) => (part instanceof Node ? part : String(part))));
  return element;
}

function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Changes a text only when it differs, so that a person's selection and a screen reader are left in peace. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Gives a parent exactly these children in this order. What stays in place is not touched, and the focus stays. */
function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  const focused = document.activeElement;
  let place = parent.firstElementChild;
  for (const child of children) {
    if (child === place) {
      place = place.nextElementSibling;
    } else if (parent.moveBefore && child.parentNode === parent) {
      parent.moveBefore(child, place);
    } else {
      parent.insertBefore(child, place);
    }
  }
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

// MARK: Words

const stateWords = {
  closed: "closed", open: "open", halfOpen: "half-open", forcedOpen: "forced open", disabled: "disabled",
  metricsOnly: "measured only",
};
const measureWords = {
  consecutiveFailures: "failures in a row", failures: "failures", failureRate: "failure rate",
  slowCallRate: "slow calls",
};
const healthColour = { healthy: "good", degraded: "warn", unhealthy: "bad" };
const conditionColour = { running: "good", starting: "warn", restarting: "bad", stopped: "warn" };

const number = (value) => value.toLocaleString("en");
const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
const seconds = (milliseconds) => `${Math.ceil(milliseconds / 1000)} s`;
const perSecond = (rate) => (rate >= 10 || rate === 0 ? rate.toFixed(0) : rate.toFixed(1));

function span(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const total = Math.floor(milliseconds / 1000);
  const parts = [[Math.floor(total / 86400), "d"], [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"], [total % 60, "s"]];
  const first = parts.findIndex(([value]) => value > 0);
  return parts.slice(first, first + 2).map(([value, unit]) => `${value} ${unit}`).join(" ");
}

function pill(element, colour, text) {
  say(element, text);
  const className = `pill ${colour}`;
  if (element.className !== className) element.className = className;
}

// MARK: Asking the server

/** What the server answered when it refused. */
class Refusal extends Error {
  constructor(status, problem) {
    const known = problem?.known?.length && !problem.detail?.includes(problem.known[0])
      ? ` Known: ${problem.known.slice(0, 8).join(", ")}.` : "";
    super((problem?.detail ?? problem?.title ?? `The program answered with status ${status}.`) + known);
    this.status = status;
  }
}

/** There was no answer: the connection's state says so. */
class Silence extends Error {
  constructor() { super("The program does not answer."); }
}

const session = {
  token: sessionStorage.getItem("supervision.token"),
  signedOut: false,
  /** By how much the server's clock is ahead of ours. */
  skew: 0,
  lastAnswer: null,
};

/** Whether the page may ask anything now. */
const awake = () => !document.hidden && !session.signedOut;

function headers(more) {
  return session.token ? { ...more, Authorization: `Bearer ${session.token}` } : { ...more };
}

async function refusal(response, token) {
  const problem = await response.json().catch(() => null);
  // Of several that were on their way with one token, the first is enough.
  if (response.status === 401 && !session.signedOut && token === session.token) {
    signOut(token ? "The program does not take this token." : "");
  }
  return new Refusal(response.status, problem);
}

async function ask(path, { method = "GET", body } = {}) {
  const token = session.token;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    showConnection(false);
    throw new Silence();
  }
  answered(response);
  if (!response.ok && path !== "/readyz") throw await refusal(response, token);
  return response.json();
}

const inPath = (path) => path.split("/").map(encodeURIComponent).join("/");

/** Does something again and again, as long as the page is looked at; never twice at once. */
function repeat(every, work) {
  const part = { timer: null, busy: false, again: false };
  part.now = async () => {
    clearTimeout(part.timer);
    if (part.busy) { part.again = true; return; }
    if (!awake()) return;
    part.busy = true;
    const begun = performance.now();
    try { await work(); } catch (error) { report(error); }
    part.busy = false;
    // A program that takes long to answer is asked less often.
    const elapsed = performance.now() - begun;
    part.timer = setTimeout(part.now, Math.max(part.again ? 100 : every, 3 * elapsed));
    part.again = false;
  };
  /** After something has happened; once for all that happens by then. */
  part.soon = () => {
    part.due ??= setTimeout(() => {
      part.due = null;
      part.now();
    }, 200);
  };
  return part;
}

/** Shows what went wrong in one part, and lets the others go on. */
async function within(problem, work) {
  try {
    await work();
    say(problem, "");
  } catch (error) {
    report(error);
    say(problem, session.signedOut ? "" : error.message);
  }
}

/** What is a mistake of this page belongs in the console. */
function report(error) {
  if (!(error instanceof Refusal || error instanceof Silence)) console.error(error);
}

// MARK: The token

function signOut(problem) {
  session.signedOut = true;
  session.token = null;
  sessionStorage.removeItem("supervision.token");
  $("sign-in").hidden = false;
  $("board").hidden = true;
  say($("sign-in-problem"), problem);
  pill($("connection"), "warn", "waits for a token");
  events.stop();
  $("token").focus();
}

$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  session.token = $("token").value.trim();
  sessionStorage.setItem("supervision.token", session.token);
  $("token").value = "";
  session.signedOut = false;
  $("sign-in").hidden = true;
  $("board").hidden = false;
  $("main").focus();
  lookAgain();
});

// MARK: The connection

function answered(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (date) session.skew = date - Date.now();
  session.lastAnswer = Date.now();
  showConnection(true);
}

function showConnection(reached) {
  if (session.signedOut) return;
  const whole = reached && events.isOpen;
  pill($("connection"), whole ? "good" : "warn", whole ? "connected" : "reconnecting");
  const stale = $("stale");
  if (!reached && session.lastAnswer) {
    if (stale.hidden) {
      say(stale, `The program has not answered since ${new Date(session.lastAnswer).toLocaleTimeString("en-GB")}. What is shown is as it was then.`);
    }
    pill($("ready"), "unknown", "unknown");
    stale.hidden = false;
  } else if (reached && !stale.hidden) {
    stale.hidden = true;
    say(stale, "");
  }
}

const readiness = repeat(2000, async () => {
  const { status } = await ask("/readyz");
  pill($("ready"), status === "ready" ? "good" : "warn", status);
});

// MARK: Questions before changes

let confirmed = null;

/** Asks before a change, sends it, and says what came of it. */
function change({ title, text, verb, path, body, option, danger = false, done }) {
  say($("question-title"), title);
  say($("question-text"), text);
  say($("question-confirm"), verb);
  $("question-confirm").className = danger ? "danger" : "primary";
  $("question-option").hidden = !option;
  $("question-check").checked = false;
  if (option) say($("question-check-text"), option.text);
  const whole = () => (option ? { ...body, [option.key]: $("question-check").checked } : body);
  const show = () => say($("question-request"), `POST ${path}${body ? ` ${JSON.stringify(whole())}` : ""}`);
  show();
  $("question-check").onchange = show;
  confirmed = () => carryOut(path, whole(), title, done);
  $("question").showModal();
  $("question-cancel").focus();
}

async function carryOut(path, body, title, done) {
  try {
    await ask(path, { method: "POST", body });
    answer(done, false);
  } catch (error) {
    answer(`${title} Not done: ${error.message}`, true);
  }
  circuits.poll.now();
  tree.poll.now();
  server.poll.now();
}

function answer(text, failed) {
  const close = make("button", "quiet", "Close");
  close.type = "button";
  close.addEventListener("click", () => $("answer").replaceChildren());
  $("answer").replaceChildren(make("div", failed ? "failed" : "", make("span", "", text), close));
  clearTimeout(answer.timer);
  if (!failed) answer.timer = setTimeout(() => $("answer").replaceChildren(), 10_000);
}

$("question-cancel").addEventListener("click", () => $("question").close());
$("question-confirm").addEventListener("click", () => {
  const work = confirmed;
  $("question").close();
  work?.();
});
$("question").addEventListener("close", () => { confirmed = null; });

// MARK: Circuits

const circuitActions = [
  ["reset", "Reset", (name) => ({
    title: `Reset the circuit ${name}?`, verb: `Reset ${name}`, done: `${name} is closed, and counts from zero.`,
    text: `${name} closes at once and counts from zero, whatever state it is in. Calls go through to the service again.`,
  })],
  ["open", "Open", (name) => ({
    title: `Force the circuit ${name} open?`, verb: `Open ${name}`, danger: true, done: `${name} is forced open.`,
    text: `Every call of ${name} is rejected from now on, until the circuit is enabled or reset.`,
  })],
  ["disable", "Disable", (name) => ({
    title: `Disable the circuit ${name}?`, verb: `Disable ${name}`, danger: true, done: `${name} is disabled.`,
    text: `Every call of ${name} goes through and none is judged, until the circuit is enabled or reset. Nothing protects the service until then.`,
  })],
  ["measure", "Measure", (name) => ({
    title: `Only measure the circuit ${name}?`, verb: `Measure ${name}`, done: `${name} is only measured.`,
    text: `Every call of ${name} goes through and is counted, but the circuit never opens, until it is enabled or reset.`,
  })],
  ["enable", "Enable", (name) => ({
    title: `Enable the circuit ${name}?`, verb: `Enable ${name}`, done: `${name} is enabled.`,
    text: `If ${name} was forced open, disabled or only measured, that ends: it is closed and counts from zero. Otherwise it goes on as it is.`,
  })],
];

const step = 60;
const samples = 60;

const circuits = {
  reports: [],
  at: 0,
  shown: step,
  cards: new Map(),
  histories: new Map(),

  poll: repeat(1000, () => within($("circuits-problem"), async () => {
    const { health, circuits: reports } = await ask("/circuits");
    pill($("health"), healthColour[health] ?? "unknown", health);
    circuits.take(reports);
    circuits.draw();
    attention.draw();
  })),

  take(reports) {
    const now = performance.now();
    const known = new Map();
    for (const report of reports) {
      const history = circuits.histories.get(report.service) ?? { calls: [], failures: [], rejected: [], at: now, last: report };
      const elapsed = (now - history.at) / 1000;
      // Of a shorter time, as when an event has led to a look, a rate would say little.
      if (elapsed >= 0.75) {
        for (const key of ["calls", "failures", "rejected"]) {
          // A circuit that was made anew counts from zero.
          const more = report[key] - (report[key] < history.last[key] ? 0 : history.last[key]);
          history[key].push(more / elapsed);
          if (history[key].length > samples) history[key].shift();
        }
        history.at = now;
        history.last = report;
      }
      known.set(report.service, history);
    }
    circuits.histories = known;
    const rank = (report) => (report.health === "unhealthy" ? 0 : needsAttention(report) ? 1 : 2);
    circuits.reports = reports.sort((a, b) => rank(a) - rank(b) || (a.service < b.service ? -1 : 1));
    circuits.at = now;
  },

  draw() {
    const filter = $("circuits-filter").value.trim().toLowerCase();
    const all = circuits.reports;
    const fitting = filter
      ? all.filter((report) => report.service.toLowerCase().includes(filter) || stateWords[report.state]?.includes(filter))
      : all;
    const drawn = fitting.slice(0, circuits.shown);
    $("circuits-search").hidden = all.length <= 6 && !filter;
    $("circuits-empty").hidden = all.length > 0;
    say($("circuits-count"), filter ? `${number(fitting.length)} of ${number(all.length)}` : all.length ? number(all.length) : "");
    const more = fitting.length - drawn.length;
    $("circuits-more").hidden = more <= 0;
    say($("circuits-more"), `Show ${Math.min(step, more)} more of ${number(more)}`);
    const cards = new Map();
    for (const report of drawn) {
      const card = circuits.cards.get(report.service) ?? new CircuitCard(report.service);
      card.update(report, circuits.histories.get(report.service));
      cards.set(report.service, card);
    }
    circuits.cards = cards;
    arrange($("circuits"), [...cards.values()].map((card) => card.element));
  },

  /** How much of the open time is left now. */
  retryAfter(report) {
    if (report.retryAfterMilliseconds === undefined) return null;
    return Math.max(0, report.retryAfterMilliseconds - (performance.now() - circuits.at));
  },

  show(name) {
    if (!circuits.cards.has(name)) {
      $("circuits-filter").value = name;
      circuits.draw();
    }
    circuits.cards.get(name)?.title.focus();
  },
};

const needsAttention = (report) => report.health !== "healthy" || report.isFlapping;

function circuitNote(report) {
  if (report.state === "open") {
    const left = circuits.retryAfter(report);
    return left === null ? "open until it is reset" : left > 0 ? `tries again in ${seconds(left)}` : "tries again at the next call";
  }
  if (report.state === "halfOpen") return "is being tried";
  if (report.state === "forcedOpen") return "until an operator enables it";
  if (report.state === "disabled" || report.state === "metricsOnly") return "not protected, until an operator enables it";
  return report.isFlapping ? "opens again and again" : "";
}

function levelWords({ measure, current, threshold }) {
  const share = measure.endsWith("Rate");
  const shown = (value) => (share ? `${Math.round(value * 100)} %` : number(Math.round(value * 10) / 10));
  return `${shown(current)} of ${shown(threshold)}`;
}

/** One circuit, drawn. */
class CircuitCard {
  constructor(name) {
    this.title = make("h3", "mono", name);
    this.title.tabIndex = -1;
    this.state = make("span", "pill");
    this.note = make("p", "dim note");
    this.levels = make("div", "levels");
    this.bars = new Map();
    this.chart = svg("svg", { class: "chart", viewBox: `0 0 ${samples - 1} 30`, preserveAspectRatio: "none", role: "img" });
    this.lines = {};
    for (const key of ["calls", "failures", "rejected"]) this.chart.append(this.lines[key] = svg("polyline", { class: key }));
    this.legends = {};
    const legend = make("p", "legend");
    for (const key of ["calls", "failures", "rejected"]) legend.append(this.legends[key] = make("span", key));
    const actions = make("div", "row actions");
    for (const [key, word, words] of circuitActions) {
      const button = make("button", "", word);
      button.type = "button";
      button.dataset.action = key;
      button.setAttribute("aria-label", `${word} ${name}`);
      button.addEventListener("click", () => change({ path: `/circuits/${encodeURIComponent(name)}/${key}`, ...words(name) }));
      actions.append(button);
    }
    this.element = make("li", "card circuit", make("div", "heading", this.title, this.state), this.note, this.levels, this.chart, legend, actions);
    this.element.dataset.service = name;
  }

  update(report, history) {
    this.report = report;
    const colour = healthColour[report.health] ?? "unknown";
    pill(this.state, colour, stateWords[report.state] ?? report.state);
    const className = `card circuit ${report.health}`;
    if (this.element.className !== className) this.element.className = className;
    this.tick();
    this.updateLevels(report.levels);
    this.updateChart(history);
  }

  tick() {
    const failure = this.report.lastFailureType && this.report.state !== "closed" ? ` · last failure: ${this.report.lastFailureType}` : "";
    say(this.note, circuitNote(this.report) + failure);
  }

  updateLevels(levels) {
    const rows = levels.map((level) => {
      let bar = this.bars.get(level.measure);
      if (!bar) {
        const words = make("span");
        const fill = make("div", "fill");
        const track = make("div", "track", fill);
        const label = measureWords[level.measure] ?? level.measure;
        track.setAttribute("role", "meter");
        track.setAttribute("aria-label", `${this.title.textContent}: ${label}`);
        track.setAttribute("aria-valuemin", "0");
        bar = { words, fill, track, row: make("div", "level", make("div", "words", make("span", "", label), words), track) };
        this.bars.set(level.measure, bar);
      }
      const share = level.threshold > 0 ? Math.min(level.current / level.threshold, 1) : 1;
      say(bar.words, levelWords(level));
      bar.fill.style.setProperty("--share", share.toFixed(3));
      bar.row.className = `level${share >= 1 ? " reached" : share >= 0.6 ? " near" : ""}`;
      attribute(bar.track, "aria-valuemax", String(level.threshold));
      attribute(bar.track, "aria-valuenow", String(Math.min(level.current, level.threshold)));
      attribute(bar.track, "aria-valuetext", levelWords(level));
      return bar.row;
    });
    arrange(this.levels, rows);
  }

  updateChart(history) {
    const highest = Math.max(1, ...history.calls, ...history.failures, ...history.rejected);
    const words = [];
    for (const key of ["calls", "failures", "rejected"]) {
      const values = history[key];
      const first = samples - values.length;
      const points = values.map((value, index) => `${first + index},${(29 - 28 * (value / highest)).toFixed(1)}`);
      attribute(this.lines[key], "points", points.join(" "));
      const text = `${key} ${perSecond(values.at(-1) ?? 0)}/s`;
      say(this.legends[key], text);
      words.push(text);
    }
    attribute(this.chart, "aria-label", `The last minute of ${this.title.textContent}; now ${words.join(", ")}`);
  }
}

$("circuits-filter").addEventListener("input", () => { circuits.shown = step; circuits.draw(); });
$("circuits-more").addEventListener("click", () => { circuits.shown += step; circuits.draw(); });

// MARK: The tree

const page = 200;
const most = 600;

/** A place in the tree that has been drawn: what was last told of it, and what of it is open. */
class TreeItem {
  constructor(node, parent) {
    this.parent = parent;
    this.path = node.path;
    this.items = new Map();
    this.isOpen = false;
    this.limit = page;
    /** Where earlier windows began; the last is where this one does, and nothing is the first child. */
    this.starts = [];
    this.who = make("span", "who");
    this.twist = make("span", "twist");
    this.twist.setAttribute("aria-hidden", "true");
    this.id = make("span", "id", node.id);
    this.kind = make("span", "dim");
    this.status = make("span", "pill");
    this.who.append(this.twist, make("span", "words", this.id, this.kind, this.status));
    this.figures = ["restarts", "waiting", "zombies"].map((unit) => {
      const value = make("span");
      return { value, unit, element: make("span", "figure", value, make("span", "hint unit", ` ${unit}`)) };
    });
    this.line = make("div", "line", this.who, ...this.figures.map((figure) => figure.element));
    this.line.id = `line-${TreeItem.next++}`;
    this.element = make("li", "", this.line);
    this.element.setAttribute("role", "treeitem");
    this.element.setAttribute("aria-labelledby", this.line.id);
    this.element.setAttribute("aria-selected", "false");
    this.element.tabIndex = -1;
    this.element.treeItem = this;
    this.update(node);
  }

  static next = 1;

  get isSupervisor() { return this.node.childCount !== undefined; }

  update(node) {
    this.node = node;
    const children = node.childCount === undefined ? "" : ` · ${counted(node.childCount, "child", "children")}`;
    say(this.kind, node.kind + (node.strategy ? ` · ${node.strategy}` : "") + children);
    pill(this.status, conditionColour[node.condition] ?? "unknown", node.status);
    [node.restarts, node.mailboxDepth, node.zombies].forEach((value, index) => {
      const figure = this.figures[index];
      say(figure.value, number(value));
      const alarming = value > 0 && figure.unit === "zombies";
      const className = `figure${alarming ? " alarming" : value > 0 ? " some" : ""}`;
      if (figure.element.className !== className) figure.element.className = className;
    });
    if (this.isSupervisor) attribute(this.element, "aria-expanded", String(this.isOpen));
    else this.element.removeAttribute("aria-expanded");
  }

  async open() {
    if (!this.isSupervisor || this.isOpen) return;
    this.isOpen = true;
    attribute(this.element, "aria-expanded", "true");
    this.group = make("ul");
    this.group.setAttribute("role", "group");
    this.element.append(this.group);
    await within($("tree-problem"), () => this.refresh());
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    attribute(this.element, "aria-expanded", "false");
    const held = this.group.contains(document.activeElement);
    this.group.remove();
    this.items.clear();
    this.limit = page;
    this.starts = [];
    if (held) tree.focus(this.element);
  }

  /** Asks for what is open of it, and draws that. */
  async refresh() {
    let query = `/tree?path=${encodeURIComponent(this.path)}&depth=${this.isOpen ? 1 : 0}&limit=${this.limit}`;
    if (this.starts.length) query += `&from=${encodeURIComponent(this.starts.at(-1))}`;
    const node = await ask(query);
    this.update(node);
    if (!this.isOpen) return;
    const items = new Map();
    for (const child of node.children ?? []) {
      const item = this.items.get(child.path) ?? new TreeItem(child, this);
      item.update(child);
      items.set(child.path, item);
    }
    const focused = [...this.items.values()].find((item) => item.element.contains(document.activeElement));
    const isLost = focused && !items.has(focused.path);
    this.items = items;
    const rows = [...items.values()].map((item) => item.element);
    if (this.starts.length) rows.unshift(this.row("earlier", `Show the earlier ones of ${counted(node.childCount, "child", "children")}`));
    this.followed = node.next;
    if (node.next) rows.push(this.row("later", `Show ${page} more of ${counted(node.childCount, "child", "children")}`));
    if (!node.children) rows.push(this.row("silent", "The supervisor did not answer; it is asked again."));
    arrange(this.group, rows);
    if (isLost) tree.focus(this.element);
    tree.mark();
  }

  /** A row that is no child. */
  row(name, text) {
    this.steps ??= {};
    const element = (this.steps[name] ??= this.makeRow(name));
    say(element.firstElementChild, text);
    return element;
  }

  makeRow(name) {
    const element = make("li", "step", make("div", "line"));
    element.setAttribute("role", "treeitem");
    element.tabIndex = -1;
    element.activate = async () => {
      if (name === "silent") return;
      if (name === "earlier") {
        this.starts.pop();
      } else if (this.limit < most) {
        this.limit += page;
      } else {
        // The window is full: it moves on, so that what is drawn stays small.
        this.starts.push([...this.items.keys()][this.items.size - page] ?? this.followed);
      }
      await within($("tree-problem"), () => this.refresh());
      if (!element.isConnected) tree.focus(this.group.lastElementChild ?? this.element);
    };
    return element;
  }
}

const tree = {
  root: null,
  chosen: null,
  due: new Map(),

  poll: repeat(2000, () => within($("tree-problem"), async () => {
    if (!tree.root) {
      tree.root = new TreeItem(await ask("/tree?depth=0"), null);
      $("tree").append(tree.root.element);
      await tree.root.open();
      tree.mark();
      return;
    }
    for (const item of tree.openItems()) {
      if (!item.isOpen) continue;
      try {
        await item.refresh();
      } catch (error) {
        if (error.status !== 404) throw error;
        // It is gone. Without its root it is another program's tree, which is shown from its own root on.
        item.close();
        if (item === tree.root) {
          item.element.remove();
          tree.root = null;
        }
      }
    }
  })),

  openItems() {
    const found = [];
    const visit = (item) => { if (item.isOpen) { found.push(item); item.items.forEach(visit); } };
    if (tree.root) visit(tree.root);
    return found;
  },

  find(path) {
    const visit = (item) => {
      if (item.path === path) return item;
      for (const child of item.items.values()) {
        if (path === child.path || path.startsWith(`${child.path}/`)) {
          const found = visit(child);
          if (found) return found;
        }
      }
      return null;
    };
    return tree.root && visit(tree.root);
  },

  /** Something happened to a child: the list that it is in is asked for again soon, once for all that happens by then. */
  touched(path) {
    const parent = tree.find(path.slice(0, path.lastIndexOf("/")));
    if (!parent?.isOpen || tree.due.has(parent)) return;
    tree.due.set(parent, setTimeout(() => {
      tree.due.delete(parent);
      if (awake() && parent.isOpen) within($("tree-problem"), () => parent.refresh());
    }, 200));
  },

  /** Exactly one row can be reached by Tab, and what the panel shows is the one selected. */
  mark() {
    const rows = tree.rows();
    if (!rows.includes(tree.reachable)) tree.reachable = rows[0];
    for (const row of rows) {
      row.tabIndex = row === tree.reachable ? 0 : -1;
      if (row.treeItem) attribute(row, "aria-selected", String(row.treeItem.path === server.path));
    }
  },

  rows: () => [...$("tree").querySelectorAll('[role="treeitem"]')],

  focus(row) {
    if (!row) return;
    if (tree.reachable) tree.reachable.tabIndex = -1;
    tree.reachable = row;
    row.tabIndex = 0;
    row.focus();
  },
};

$("tree").addEventListener("click", (event) => {
  const row = event.target.closest?.('[role="treeitem"]');
  if (!row) return;
  tree.focus(row);
  const item = row.treeItem;
  if (!item) row.activate();
  else if (event.target === item.twist) item.isOpen ? item.close() : item.open();
  else { server.show(item.path); if (item.isSupervisor && !item.isOpen) item.open(); }
});

$("tree").addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const row = event.target.closest('[role="treeitem"]');
  const item = row.treeItem;
  const rows = tree.rows();
  const at = rows.indexOf(row);
  switch (event.key) {
    case "ArrowDown": tree.focus(rows[at + 1]); break;
    case "ArrowUp": tree.focus(rows[at - 1]); break;
    case "Home": tree.focus(rows[0]); break;
    case "End": tree.focus(rows.at(-1)); break;
    case "ArrowRight":
      if (item?.isSupervisor) item.isOpen ? tree.focus(item.group.firstElementChild) : item.open();
      break;
    case "ArrowLeft":
      if (item?.isOpen) item.close();
      else tree.focus(row.parentElement.closest('[role="treeitem"]'));
      break;
    case "Enter":
    case " ":
      if (item) server.show(item.path); else row.activate();
      break;
    default: return;
  }
  event.preventDefault();
});

$("tree-find").addEventListener("submit", (event) => {
  event.preventDefault();
  const path = $("tree-path").value.trim();
  if (path) server.show(path);
});

// MARK: One server

const serverActions = [
  ["restart", "Restart", (path) => ({
    title: `Restart ${path}?`, verb: "Restart it", danger: true, done: `${path} was restarted.`,
    path: `/children/${inPath(path)}/restart`,
    text: `${path} is stopped and started again by its supervisor, with everything below it. What it holds in memory is lost.`,
  })],
  ["terminate", "Terminate", (path) => ({
    title: `Terminate ${path}?`, verb: "Terminate it", danger: true, done: `${path} was terminated.`,
    path: `/children/${inPath(path)}/terminate`,
    text: `${path} is stopped with everything below it, and is not started again until somebody restarts it.`,
  })],
  ["suspend", "Suspend", (path) => ({
    title: `Suspend ${path}?`, verb: "Suspend it", danger: true, done: `${path} is suspended.`,
    path: "/messages", body: { message: "suspend", path },
    text: `${path} handles no message until it is resumed. Messages wait in its mailbox, and callers wait with them.`,
  })],
  ["resume", "Resume", (path) => ({
    title: `Resume ${path}?`, verb: "Resume it", done: `${path} goes on.`,
    path: "/messages", body: { message: "resume", path },
    text: `${path} handles messages again, those first that have waited.`,
  })],
  ["observe", "Observe", (path) => ({
    title: `Observe ${path}?`, verb: "Observe it", done: `${path} is observed.`,
    path: "/messages", body: { message: "observe", path, log: 20, trace: false },
    option: { key: "trace", text: "Also tell each step in the events" },
    text: `${path} counts its messages, and keeps the types of the last 20. That costs it a little for each message, until somebody stops it.`,
  })],
  ["stopObserving", "Stop observing", (path) => ({
    title: `Stop observing ${path}?`, verb: "Stop observing", done: `${path} is not observed any more.`,
    path: "/messages", body: { message: "stopObserving", path },
    text: `What was counted of ${path} is forgotten.`,
  })],
];

const server = {
  path: null,
  buttons: {},

  poll: repeat(2000, () => {
    const path = server.path;
    if (!path || server.isGone) return null;
    return within($("server-problem"), async () => {
      try {
        const report = await ask(`/servers/${inPath(path)}`);
        if (path === server.path) server.draw(report);
      } catch (error) {
        // It is not asked for again until something happens to it.
        if (path === server.path && error.status === 404) server.isGone = true;
        throw error;
      }
    });
  }),

  touched() {
    server.isGone = false;
    server.poll.soon();
  },

  show(path) {
    server.path = path;
    server.isGone = false;
    say($("server-title"), path);
    say($("server-problem"), "");
    $("server-facts").replaceChildren();
    $("server-observed").hidden = true;
    $("server-actions").hidden = true;
    $("server").hidden = false;
    tree.mark();
    server.poll.now();
  },

  close() {
    const path = server.path;
    const held = $("server").contains(document.activeElement);
    server.path = null;
    $("server").hidden = true;
    tree.mark();
    if (held) tree.focus(tree.find(path ?? "")?.element ?? tree.reachable);
  },

  /** One of two buttons, of which the focus goes from one to the other. */
  offer(isFirst, first, second) {
    const [shown, other] = isFirst ? [first, second] : [second, first];
    const held = document.activeElement === other;
    shown.hidden = false;
    other.hidden = true;
    if (held) shown.focus();
  },

  draw(report) {
    facts($("server-facts"), [
      ["Kind", report.kind],
      ["Status", report.status + (report.isSuspended ? ", suspended" : "")],
      ["Running for", report.uptimeMilliseconds === undefined ? "not running" : span(report.uptimeMilliseconds)],
      ["Restarts", number(report.restarts)],
      ["Waiting messages", number(report.mailboxDepth)],
    ]);
    $("server-actions").hidden = false;
    server.offer(report.isSuspended, server.buttons.resume, server.buttons.suspend);
    server.offer(Boolean(report.observed), server.buttons.stopObserving, server.buttons.observe);
    $("server-observed").hidden = !report.observed;
    if (!report.observed) return;
    const seen = report.observed;
    facts($("server-statistics"), [
      ["For", span(seen.milliseconds)],
      ["Received", number(seen.received)],
      ["Handled", number(seen.handled)],
      ["Refused", number(seen.refused)],
      ["Failed", number(seen.failed)],
      ["In handlers", span(seen.millisecondsInHandlers)],
      ["Most waiting at once", number(seen.highWater)],
    ]);
    $("server-messages").replaceChildren(...[...report.messages].reverse().map((message) => make("tr", "",
      make("td", "mono", message.message + (message.endedServer ? " (ended the server)" : "")),
      make("td", "", span(message.agoMilliseconds)),
      make("td", "", `${number(message.tookMicroseconds)} µs`))));
  },
};

/** Fills a list of terms, changing only what is different. */
function facts(list, pairs) {
  while (list.children.length > 2 * pairs.length) list.lastElementChild.remove();
  while (list.children.length < 2 * pairs.length) list.append(make("dt"), make("dd"));
  pairs.forEach(([term, value], index) => {
    say(list.children[2 * index], term);
    say(list.children[2 * index + 1], value);
  });
}

for (const [key, word, words] of serverActions) {
  const button = server.buttons[key] = make("button", "", word);
  button.type = "button";
  button.dataset.action = key;
  button.addEventListener("click", () => change(words(server.path)));
  $("server-actions").append(button);
}
$("server-close").addEventListener("click", server.close);
$("server").addEventListener("keydown", (event) => { if (event.key === "Escape") server.close(); });

// MARK: What needs attention

const listed = 12;
const lately = 60_000;

const attention = {
  /** Children that something has happened to, by their paths; the newest last. */
  suspects: new Map(),

  /** An event that may mean trouble: the child is looked at until it has been well for a minute. */
  suspect(record) {
    if (!record.path) return;
    const when = Math.min(Date.parse(record.time) - session.skew || Date.now(), Date.now());
    const isTrouble = record.level === "warning" || record.level === "error";
    const known = attention.suspects.get(record.path);
    if (!known && !isTrouble) return;
    const suspect = known ?? { path: record.path, crashes: [], node: null, text: "" };
    if (isTrouble) {
      suspect.crashes.push(when);
      if (suspect.crashes.length > 100) suspect.crashes.shift();
      suspect.text = record.text;
      suspect.at = when;
      attention.suspects.delete(record.path);
    }
    attention.suspects.set(record.path, suspect);
    if (attention.suspects.size > 200) attention.suspects.delete(attention.suspects.keys().next().value);
    attention.poll.soon();
  },

  poll: repeat(2000, async () => {
    for (const suspect of [...attention.suspects.values()].reverse().slice(0, listed)) {
      try {
        suspect.node = await ask(`/tree?path=${encodeURIComponent(suspect.path)}&depth=0`);
      } catch (error) {
        if (error.status === 404) attention.suspects.delete(suspect.path);
        else throw error;
      }
      if (suspect.node?.condition === "running" && Date.now() - suspect.at > lately) attention.suspects.delete(suspect.path);
    }
    attention.draw();
  }),

  children() {
    const now = Date.now();
    const found = [];
    for (const suspect of attention.suspects.values()) {
      suspect.crashes = suspect.crashes.filter((when) => now - when < lately);
      const node = suspect.node;
      if (!node) continue;
      if (node.condition !== "running" || node.zombies > 0 || suspect.crashes.length > 0) found.push(suspect);
    }
    return found.reverse();
  },

  draw() {
    const troubled = circuits.reports.filter(needsAttention);
    const items = [];
    const circuit = (report) => {
      const failing = report.lastFailureType ? `last failure: ${report.lastFailureType}` : "";
      items.push({
        key: `circuit ${report.service}`, name: report.service, colour: healthColour[report.health] ?? "warn",
        state: stateWords[report.state] ?? report.state, why: [circuitNote(report), failing].filter(Boolean).join(" · "),
        go: () => circuits.show(report.service),
      });
    };
    troubled.filter((report) => report.health === "unhealthy").slice(0, listed - 4).forEach(circuit);
    const children = attention.children();
    for (const { path, node, crashes, text } of children.slice(0, listed)) {
      const what = node.condition === "stopped" ? node.status : text.startsWith(`${path} `) ? text.slice(path.length + 1) : text;
      const often = crashes.length ? `${counted(crashes.length, "time")} in the last minute` : "";
      items.push({
        key: `child ${path}`, name: path, colour: node.condition === "restarting" ? "bad" : "warn",
        state: node.condition, why: [counted(node.restarts, "restart"), often, what].filter(Boolean).join(" · "),
        go: () => { server.show(path); $("server-title").focus(); },
      });
    }
    troubled.filter((report) => report.health !== "unhealthy").slice(0, listed).forEach(circuit);
    const count = troubled.length + children.length;
    $("attention").className = count ? "attention" : "attention calm";
    const more = count - Math.min(items.length, listed);
    say($("attention-summary"), count
      ? `${counted(count, "thing")}${more > 0 ? `, of which ${listed} are shown` : ""}` : "Nothing. All is well as far as can be seen.");
    document.title = count ? `(${count}) Supervision` : "Supervision";
    attention.buttons ??= new Map();
    const buttons = new Map();
    for (const item of items.slice(0, listed)) {
      const row = attention.buttons.get(item.key) ?? attention.row();
      row.go = item.go;
      say(row.name, item.name);
      say(row.why, item.why);
      pill(row.state, item.colour, item.state);
      row.button.className = item.colour === "bad" ? "" : "degraded";
      buttons.set(item.key, row);
    }
    attention.buttons = buttons;
    arrange($("attention-list"), [...buttons.values()].map((row) => row.element));
  },

  row() {
    const row = { name: make("span", "name mono"), state: make("span", "pill"), why: make("span", "why dim") };
    row.button = make("button", "", row.name, row.state, row.why);
    row.button.type = "button";
    row.button.addEventListener("click", () => row.go());
    row.element = make("li", "", row.button);
    return row;
  },
};
// MARK: Events

/** Takes a stream of server-sent events apart. */
class EventFrames {
  #rest = "";
  #frame = { event: "", data: [] };

  take(text) {
    const frames = [];
    const lines = (this.#rest + text).split(/\r\n|\n/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (this.#frame.data.length) frames.push({ ...this.#frame, data: this.#frame.data.join("\n") });
        this.#frame = { event: "", data: [] };
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.#frame.data.push(value);
      else if (field === "event") this.#frame.event = value;
      else if (field === "id") this.#frame.id = value;
    }
    return frames;
  }
}

const kept = 2000;
const drawn = 500;
const severity = { debug: 0, info: 1, warning: 2, error: 3 };
const silence = 40_000;

const events = {
  records: [],
  lastID: null,
  isOpen: false,
  run: 0,
  missed: 0,
  lost: 0,

  /** Reads until it is stopped, and connects again with growing pauses. */
  async start() {
    const run = ++events.run;
    let pause = 250;
    while (run === events.run && awake()) {
      const abort = events.abort = new AbortController();
      try {
        await events.read(abort, () => { pause = 250; });
      } catch (error) {
        if (error instanceof Refusal) say($("events-problem"), session.signedOut ? "" : error.message);
      }
      if (run !== events.run) return;
      events.isOpen = false;
      if (!awake()) return;
      showConnection(false);
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
      pause = Math.min(2 * pause, 5000);
    }
  },

  stop() {
    events.run += 1;
    events.isOpen = false;
    events.abort?.abort();
  },

  async read(abort, connected) {
    const debug = $("events-level").value === "debug";
    const query = `/events?level=${debug ? "debug" : "info"}${events.lastID ? "" : "&after=0"}`;
    const token = session.token;
    let timer = setTimeout(() => abort.abort(), silence);
    try {
      const response = await fetch(query, {
        headers: headers(events.lastID ? { "Last-Event-ID": events.lastID } : {}), cache: "no-store", signal: abort.signal,
      });
      if (!response.ok) throw await refusal(response, token);
      events.isOpen = true;
      answered(response);
      say($("events-problem"), "");
      connected();
      const frames = new EventFrames();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), silence);
        for (const frame of frames.take(value)) events.take(frame);
      }
    } finally {
      clearTimeout(timer);
    }
  },

  take(frame) {
    let content;
    try { content = JSON.parse(frame.data); } catch { return; }
    if (frame.id) events.lastID = frame.id;
    const record = frame.event === "lost" ? { lost: true, count: content.count } : content;
    events.records.push(record);
    if (events.records.length > kept) events.records.shift();
    if (!record.lost) {
      attention.suspect(record);
      if (record.path) { tree.touched(record.path); if (record.path === server.path) server.touched(); }
      if (record.type === "circuit") circuits.poll.soon();
    }
    else events.lost += record.count ?? 0;
    if (events.isPaused) events.missed += 1;
    events.fresh.push(record);
    events.drawSoon();
  },

  fresh: [],

  /** Many at once are drawn at once. */
  drawSoon() {
    if (events.isDue) return;
    events.isDue = true;
    setTimeout(() => { events.isDue = false; events.drawFresh(); }, 100);
  },

  drawFresh() {
    if (!events.isPaused) {
      const rows = events.fresh.filter(events.fits).slice(-drawn).map(events.row).reverse();
      events.fresh = [];
      $("events").prepend(...rows);
      while ($("events").children.length > drawn) $("events").lastElementChild.remove();
    } else if (events.fresh.length > kept) {
      events.fresh = events.fresh.slice(-kept);
    }
    events.count();
  },

  drawAll() {
    events.fresh = [];
    $("events").replaceChildren(...events.records.filter(events.fits).slice(-drawn).map(events.row).reverse());
    events.count();
  },

  count() {
    const shown = events.isPaused ? `paused, ${number(events.missed)} new` : `${number($("events").children.length)} shown`;
    say($("events-count"), shown + (events.lost ? `, ${number(events.lost)} lost` : ""));
  },

  fits(record) {
    if (record.lost) return true;
    if ((severity[record.level] ?? 1) < severity[$("events-level").value]) return false;
    const filter = $("events-filter").value.trim().toLowerCase();
    if (!filter) return true;
    return [record.text, record.path, record.service, record.type].some((text) => text?.toLowerCase().includes(filter));
  },

  row(record) {
    if (record.lost) {
      return make("li", "lost", record.count === undefined
        ? "Events were lost here: the program was started again." : `${counted(record.count, "event")} lost here.`);
    }
    const colour = { warning: "warn", error: "bad" }[record.level] ?? "";
    const time = new Date(record.time);
    const when = make("time", "", Number.isNaN(time.getTime()) ? record.time : time.toLocaleTimeString("en-GB"));
    when.dateTime = record.time;
    when.title = record.time;
    return make("li", record.level, make("p", "about", when, " · ", make("span", colour, record.level), ` · ${record.type}`),
      make("p", "", record.text));
  },
};

$("events-filter").addEventListener("input", events.drawAll);
$("events-level").addEventListener("change", () => {
  const needsDebug = $("events-level").value === "debug";
  events.drawAll();
  if (needsDebug !== events.readsDebug) { events.readsDebug = needsDebug; events.stop(); events.start(); }
});
$("events-pause").addEventListener("click", () => {
  events.isPaused = !events.isPaused;
  events.missed = 0;
  attribute($("events-pause"), "aria-pressed", String(events.isPaused));
  if (!events.isPaused) events.drawAll();
  events.count();
});

// MARK: The page as a whole

function lookAgain() {
  if (!awake()) return;
  events.stop();
  events.start();
  for (const part of [readiness, circuits.poll, tree.poll, server.poll, attention.poll]) part.now();
}

setInterval(() => {
  if (!awake()) return;
  for (const card of circuits.cards.values()) if (card.report.state === "open") card.tick();
}, 500);

document.addEventListener("visibilitychange", () => { if (document.hidden) events.stop(); else lookAgain(); });
lookAgain();
