// A browser for tests: Chromium by Playwright, axe on every page that is looked at, and an eye on what it asks for.
//
// What it was told comes as JSON on standard input: `modules` (Node's), `chromium`, `origin`, `epic` (the program),
// `folder` (keys of persons), `shots` (where pictures go), `scripts` (whether pages may run any).
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const told = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(`${told.modules}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(told.shots, { recursive: true });

const PAGE_BYTES_MAX = 60_000;
const VIEWS = [
    { name: 'light', colorScheme: 'light', width: 1280, height: 900 },
    { name: 'dark', colorScheme: 'dark', width: 1280, height: 900 },
    // WHY: 1280 pixels enlarged four times.
    { name: 'zoomed', colorScheme: 'light', width: 320, height: 640 },
];

const faults = [];
let looked = 0;

export const fail = (says) => { throw new Error(says); };
export const same = (found, expected, says) => found === expected || fail(`${says}: ${found}, not ${expected}`);

const browser = await chromium.launch({
    executablePath: told.chromium,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** Somebody at a browser of their own. */
export class Person {
    static async come(name, origins = [told.origin], origin = told.origin) {
        const context = await browser.newContext({ javaScriptEnabled: told.scripts, viewport: VIEWS[0], locale: 'en-GB', acceptDownloads: true });
        const page = await context.newPage();
        page.setDefaultTimeout(15_000);
        page.on('request', (request) => origins.some((origin) => request.url().startsWith(`${origin}/`)) || faults.push(`asked elsewhere: ${request.url()}`));
        // WHY: where a test cuts connections, the browser says so.
        const isOurs = (text) => /status of 4\d\d/.test(text) || (told.more?.cuts && /net::ERR_/.test(text));
        page.on('console', (message) => message.type() === 'error' && !isOurs(message.text()) && faults.push(`${page.url()}: ${message.text()}`));
        page.on('pageerror', (error) => faults.push(`${page.url()}: ${error}`));
        page.on('response', async (response) => {
            const isPage = response.request().isNavigationRequest() && response.url().startsWith(origin) && response.status() === 200;
            const disposition = response.headers()['content-disposition'];
            if (!isPage || disposition) return;
            const size = (await response.body().catch(() => Buffer.alloc(0))).length;
            if (size > PAGE_BYTES_MAX) faults.push(`${response.url()} has ${size} bytes`);
        });
        return Object.assign(new Person(), { name, page, context, origin });
    }

    /** Signs in by a link that their own key makes. */
    static async signedIn(name) {
        const person = await Person.come(name);
        const link = execFileSync(told.epic, ['--region-url', told.origin, '--key-file', `${told.folder}/${name}.key`, 'console'], { stdio: ['ignore', 'pipe', 'ignore'] });
        await person.page.goto(link.toString().trim());
        await person.led(() => person.page.locator('main form button').click());
        same(await person.page.url(), `${told.origin}/`, `${name} is in`);
        return person;
    }

    async go(path) {
        const response = await this.page.goto(`${this.origin}${path}`);
        return response.status();
    }

    /** Follows the first link with this text. */
    async follow(text) {
        await this.led(() => this.page.getByRole('link', { name: text, exact: true }).first().click());
    }

    /** Does what leads to another page, and is there when this ends: a click alone waits for nothing. */
    async led(deed) {
        await Promise.all([this.page.waitForNavigation(), deed()]);
    }

    async press(text) {
        await this.page.locator('main').getByRole('button', { name: text, exact: true }).click();
        await this.page.waitForLoadState();
    }

    heading() { return this.page.locator('h1').innerText(); }
    text() { return this.page.locator('main').innerText(); }

    /** Fills what a form asks for: fields by their names. */
    async fill(fields) {
        for (const [name, value] of Object.entries(fields)) {
            const field = this.page.locator(`main [name="${name}"]`);
            const tag = await field.evaluate((node) => node.tagName);
            await (tag === 'SELECT' ? field.selectOption(value) : field.fill(value));
        }
    }

    /** Sends the form that is shown, and reads what came of it. */
    async send() {
        await this.led(() => this.page.locator('main form button[type=submit]').first().click());
        same(await this.page.locator('.notice.done, .notice.refused').count(), 1, 'what came of a form is told once');
        const reason = this.page.locator('.notice.refused .hint code');
        return (await reason.count()) ? reason.first().innerText() : 'done';
    }

    /** Sends files into the bucket that is shown, and reads what came of it. */
    async deliver(file, fields = {}) {
        await this.fill(fields);
        await this.page.setInputFiles('input[type=file]', file);
        await this.press('Deliver');
        if (told.scripts) return this.sent();
        // The page that comes has no such form.
        await this.page.locator('form[data-deliver]').waitFor({ state: 'detached' });
        const reason = this.page.locator('.notice.refused .hint code');
        return (await reason.count()) ? reason.first().innerText() : 'done';
    }

    /** What came of files that a script sends, once all have come to an end: a reason where one was refused. */
    async sent() {
        const files = this.page.locator('.files > li');
        const over = files.filter({ has: this.page.locator('.why.state') });
        for (let left = 1; left > 0; left = (await files.count()) - (await over.count())) {
            await over.first().waitFor();
            await this.page.waitForTimeout(50);
        }
        const bad = files.filter({ has: this.page.locator('.state.bad') });
        if (!(await bad.count())) return 'done';
        const code = bad.first().locator('.code code');
        return (await code.isVisible()) ? code.innerText() : bad.first().locator('.why').innerText();
    }

    /** Fills and sends the form of an act, from wherever its link led. */
    async done(fields, expected = 'done') {
        await this.fill(fields);
        const came = await this.send();
        same(came, expected, `${this.name}: ${await this.heading()}: ${came === expected ? '' : await this.text()}`);
    }

    /** The form of an act by its address, filled and sent. */
    async act(name, fields, expected) {
        same(await this.go(`/do/${name}`), 200, `${this.name}: ${name}`);
        await this.done(fields, expected);
    }

    /** Takes pictures of the page in every view, and lets axe look at each. */
    async look(name) {
        const before = this.page.viewportSize();
        for (const view of VIEWS) {
            await this.page.emulateMedia({ colorScheme: view.colorScheme });
            await this.page.setViewportSize(view);
            await this.page.screenshot({ path: `${told.shots}/${name}-${view.name}.png`, fullPage: true });
            // WHY not without scripts: what looks at the page is one; the pages are the same.
            if (!told.scripts) continue;
            const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
            if (wide > 0) faults.push(`${name} (${view.name}): ${wide} pixels too wide`);
            await this.page.evaluate(axe);
            const found = await this.page.evaluate(async () => (await window.axe.run()).violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(' ')}`));
            faults.push(...found.map((says) => `${name} (${view.name}): ${says}`));
        }
        await this.page.emulateMedia({ colorScheme: 'light' });
        await this.page.setViewportSize(before);
        looked += 1;
    }

    /** Goes with the keyboard alone to what bears this text. */
    async tabTo(text) {
        for (let steps = 0; steps < 120; steps += 1) {
            await this.page.keyboard.press('Tab');
            const here = await this.page.evaluate(() => document.activeElement?.innerText?.trim() ?? '');
            if (here === text) return;
        }
        fail(`no key leads to ${text}`);
    }
}

/** Ends the browser; tells what was wrong with any page. */
export async function end() {
    await browser.close();
    if (faults.length) fail(`${faults.length} faults:\n${[...new Set(faults)].join('\n')}`);
    console.log(`${looked} pages looked at in ${VIEWS.length} views`);
}

/** So many days from now, as a form takes it. */
/** What an app shows (RFC 6238), by a hand of its own. */
export const app = (key, at = Date.now()) => {
    const bits = [...key].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0')).join('');
    const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
    const mac = createHmac('sha1', bytes).update(step).digest();
    const offset = mac[19] & 15;
    return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
};
export const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);
