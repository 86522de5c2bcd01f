// Signing in at an identity provider by browser: by code, in, out, and all that must not lead in.
import { readFileSync } from 'node:fs';
import { Person, end, fail, same, told } from './browser.mjs';

const both = [told.origin, told.more.provider, told.more.inside];
const REFUSED = '.notice.refused .hint code';

/** From a page that asks for it to the provider, and back. */
const signIn = async (who, code, from = '/projects/planet', expected = true, origin = told.origin) => {
    const person = await Person.come(who, both, origin);
    await person.go(from);
    await person.follow('Sign in with iam');
    await person.page.waitForURL(`${told.more.provider}/**`);
    await person.page.fill('[name=who]', who);
    await person.page.fill('[name=code]', code);
    await person.page.click('button');
    await person.page.waitForURL((url) => url.origin === origin && !(expected && url.pathname.startsWith('/signed-in')));
    return person;
};
const cookies = async (person) => (await person.context.cookies(told.origin)).filter((cookie) => cookie.name.startsWith('__Host-epic'));

const visitor = await Person.come('visitor', both);
await visitor.go('/sign-in');
await visitor.look('sign-in');

// Rita comes back to the page that she asked for, in a session of hers.
const rita = await signIn('rita', '123456');
same(rita.page.url(), `${told.origin}/projects/planet`, 'where rita comes back to');
await rita.go('/me');
await rita.look('me');
const [session, ...others] = await cookies(rita);
same(others.length, 0, 'what is left of the sign-in');
same(`${session.secure} ${session.httpOnly} ${session.sameSite} ${session.path}`, 'true true Lax /', 'the cookie');

// A password alone looks around, and goes no further where data of tier 2 are.
const weak = await signIn('carla', '');
await weak.go('/do/project.halt?project=planet');
await weak.done({ reason: 'only a password' }, 'second_factor_missing');
await weak.look('second-factor');

// Somebody who is known there and not here.
const nora = await signIn('nora', '123456', '/projects/planet', false);
same(await nora.page.locator(REFUSED).innerText(), 'not_enrolled', 'nora');
await nora.look('not-enrolled');
same((await cookies(nora)).filter((cookie) => cookie.name === '__Host-epic').length, 0, 'nora has no session');

// A code that was caught on its way is worth nothing in another browser, nor twice in its own.
const caught = await Person.come('rita', both);
await caught.go('/sign-in');
await caught.follow('Sign in with iam');
// WHY so: a redirect cannot be stopped, and what a thief has is the address; without its cookie the browser stops here.
const [kept] = await cookies(caught);
await caught.context.clearCookies({ name: kept.name });
await caught.page.fill('[name=who]', 'rita');
await caught.page.fill('[name=code]', '123456');
await caught.page.click('button');
await caught.page.waitForURL('**/signed-in/iam?*');
same(await caught.page.locator(REFUSED).innerText(), 'token_wrong', 'without its cookie');
const path = caught.page.url().slice(told.origin.length);
const thief = await Person.come('thief', both);
await thief.go(path);
same(await thief.page.locator(REFUSED).innerText(), 'token_wrong', 'a stolen code');
// Nor with a sign-in of the thief's own under way.
await thief.go('/sign-in');
await thief.follow('Sign in with iam');
await thief.go(path);
same(await thief.page.locator(REFUSED).innerText(), 'token_wrong', 'a stolen code in another sign-in');
await thief.go(path.replace(/state=[^&]*/, 'state=guessed'));
same(await thief.page.locator(REFUSED).innerText(), 'token_wrong', 'a guessed state');
await caught.context.addCookies([kept]);
await caught.go(path);
await caught.page.waitForURL(`${told.origin}/`);
await caught.go(path);
same(await caught.page.locator(REFUSED).innerText(), 'token_wrong', 'the same code again');

// Another provider's answer is none to this sign-in.
const mixed = await Person.come('rita', both);
await mixed.go('/sign-in');
await mixed.follow('Sign in with iam');
for (const wrong of [path.replace('/signed-in/iam', '/signed-in/other'), `${path}&iss=https%3A%2F%2Fevil.example`]) {
    await mixed.go(wrong);
    same(await mixed.page.locator(REFUSED).innerText(), 'token_wrong', wrong);
}

// Nobody is sent on to another site.
for (const to of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
    const person = await Person.come('rita', both);
    await person.go(`/sign-in?to=${encodeURIComponent(to)}`);
    const link = await person.page.getByRole('link', { name: 'Sign in with iam' }).getAttribute('href');
    same(link, '/sign-in/iam?to=%2F', `sent on to ${to}`);
}

// Data of tier 2 are seen from inside, and from nowhere else.
const outside = await signIn('rita', '123456', '/projects/planet/buckets/bari');
same(await outside.page.locator(REFUSED).innerText(), 'place_outside', 'tier 2 from outside');
await outside.look('place-outside');
const inside = await signIn('rita', '123456', '/projects/planet/buckets/bari', true, told.more.inside);
await inside.follow('2021/');
await inside.follow('a.csv');
const [download] = await Promise.all([inside.page.waitForEvent('download'), inside.page.getByRole('link', { name: 'Download' }).click()]);
same(readFileSync(await download.path(), 'utf8'), told.more.file, 'what is read inside');
// A session of one place is none at the other.
await inside.page.goto(`${told.origin}/me`);
if (!inside.page.url().includes('/sign-in')) fail('a session from inside works outside');

// Out, and out everywhere.
await rita.go('/');
await rita.page.getByRole('button', { name: 'Sign out' }).click();
await rita.page.waitForURL('**/sign-in*');
same((await cookies(rita)).filter((cookie) => cookie.name === '__Host-epic').length, 0, 'rita is out');
const again = await signIn('rita', '123456', '/me');
await again.follow('End a person\'s sessions');
await again.done({});
await again.go('/me');
if (!again.page.url().includes('/sign-in')) fail('whoever recalled herself is still in');
await end();
