// One start of Chromium for many pages. Reads a job as JSON from standard input, prints what it saw as JSON.
//
// Job:    {profile, flags, pages: [{name, url, width, height, scheme, locale, forced, zoom, media, screenshot, axe}],
//          lighthouse: [url]}
// Answer: {pages: {name: {status, url, title, text, width, scrollWidth, requests, cookies, console, axe, fault}},
//          lighthouse: {url: {score, failed}}}
//
// Only the flags of a machine without a screen and without the Internet are set here: names are looked up as the
// browser looks them up.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

const modules = process.env.MAMORI_BROWSER ?? path.join(import.meta.dirname, "..", "..", ".venv", "browser");
const require = createRequire(path.join(modules, "package.json"));
const { chromium } = require("playwright-core");

const QUIET = [
  "--no-sandbox", // the tests may run as root
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const PATIENCE = 30_000; // milliseconds for one page
// For Lighthouse. A notice page is an error page by its status; it is judged all the same. Our pages load nothing and
// move nothing, so it need not wait for calm, nor act a slow machine; its own screenshot nobody looks at.
const CALM = {
  ignoreStatusCode: true,
  pauseAfterFcpMs: 0,
  pauseAfterLoadMs: 0,
  networkQuietThresholdMs: 0,
  cpuQuietThresholdMs: 0,
  throttling: { cpuSlowdownMultiplier: 1 },
  disableFullPageScreenshot: true,
  disableStorageReset: true,
};

const job = JSON.parse(readFileSync(0, "utf8"));
const port = job.debuggingPort; // Lighthouse speaks to the same browser
const launch = {
  executablePath: job.chromium,
  args: [...QUIET, ...(port ? [`--remote-debugging-port=${port}`] : []), ...(job.flags ?? [])],
};

async function look(context, wanted) {
  const page = await context.newPage();
  const seen = { requests: [], console: [], axe: null, fault: null };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => seen.console.push(message.text()));
  page.on("pageerror", (error) => seen.console.push(String(error)));
  try {
    await page.setViewportSize({ width: wanted.width ?? 1280, height: wanted.height ?? 800 });
    await page.emulateMedia({
      colorScheme: wanted.scheme ?? "light",
      forcedColors: wanted.forced ? "active" : "none",
      media: wanted.media ?? "screen",
    });
    const response = await page.goto(wanted.url, { timeout: PATIENCE, waitUntil: "load" });
    if (wanted.zoom) await page.evaluate((by) => (document.documentElement.style.fontSize = `${by}%`), wanted.zoom);
    Object.assign(seen, await page.evaluate(facts), { status: response?.status() ?? null, url: page.url() });
    seen.address = (await response?.serverAddr()) ?? null;
    seen.headers = (await response?.allHeaders()) ?? {};
    seen.cookies = await context.cookies();
    if (wanted.screenshot) await page.screenshot({ path: wanted.screenshot, fullPage: true });
    if (wanted.axe) seen.axe = await axe(page);
  } catch (error) {
    seen.fault = String(error);
  }
  await page.close();
  return seen;
}

// Runs in the page.
function facts() {
  const root = document.documentElement;
  return { title: document.title, text: document.body.innerText, width: root.clientWidth, scrollWidth: root.scrollWidth };
}

// Evaluated through the debugger, since the page's own policy allows no script.
async function axe(page) {
  await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const result = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), RULES);
  const brief = (finding) => ({ id: finding.id, help: finding.help, nodes: finding.nodes.map((node) => node.html) });
  return { violations: result.violations.map(brief), passes: result.passes.length };
}

async function lighthouse(url) {
  const { default: run } = await import(require.resolve("lighthouse"));
  const { lhr } = await run(url, { port, onlyCategories: ["accessibility"], logLevel: "silent", output: "json", ...CALM });
  const failed = Object.values(lhr.audits).filter((audit) => audit.score !== null && audit.score < 1);
  return { score: lhr.categories.accessibility.score, failed: failed.map((audit) => audit.id), fault: lhr.runtimeError };
}

const answer = { pages: {}, lighthouse: {} };
if (job.profile) {
  // A folder of the caller's, with settings in it; such a browser has one context, so one language.
  const context = await chromium.launchPersistentContext(job.profile, { ...launch, locale: job.locale });
  for (const wanted of job.pages) answer.pages[wanted.name] = await look(context, wanted);
  await context.close();
} else {
  const browser = await chromium.launch(launch);
  for (const wanted of job.pages) {
    const context = await browser.newContext({ locale: wanted.locale ?? "ja-JP", reducedMotion: "reduce" });
    answer.pages[wanted.name] = await look(context, wanted);
    await context.close();
  }
  for (const url of job.lighthouse ?? []) answer.lighthouse[url] = await lighthouse(url);
  await browser.close();
}
process.stdout.write(JSON.stringify(answer));
