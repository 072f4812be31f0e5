import { lstatSync, lutimesSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processMark } from '@ic/utils';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Claims, openClaims } from './claims.js';

let folder: string;
/** As many processes have them: nothing is shared but the folder. */
let [ours, theirs]: Claims[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-claims-'));
  [ours, theirs] = [openClaims(folder), openClaims(folder)];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The token of a process that has ended: this one with another start time. */
async function deadToken(random = '0123456789ab'): Promise<string> {
  return `${(await processMark()).replace(/\d+$/, '1')}-${random}`;
}
const elsewhere = '00000000-1-1-0123456789ab';
const plant = (name: string, token: string) => symlinkSync(token, join(folder, name));

it('is one process’s at a time, and of one key', async () => {
  const claim = await ours?.take('a');
  expect(claim).toBeDefined();
  expect(await theirs?.take('a')).toBeUndefined();
  const other = await theirs?.take('b');
  expect(other).toBeDefined();
  await claim?.release();
  await other?.release();
  expect(readdirSync(folder)).toEqual([]);
  const again = await theirs?.take('a');
  expect(again).toBeDefined();
  await claim?.release();
  expect(readdirSync(folder)).toEqual(['a.claim']);
  await again?.release();
});

it('passes on what a dead process has, to one of many that want it', async () => {
  plant('a.claim', await deadToken());
  const all = await Promise.all(Array.from({ length: 20 }, () => openClaims(folder).take('a')));
  const won = all.filter((claim) => claim !== undefined);
  expect(won).toHaveLength(1);
  expect(await ours?.take('a')).toBeUndefined();
  await won[0]?.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('passes on what several have died with, one after the other', async () => {
  const [first, second] = [await deadToken('000000000001'), await deadToken('000000000002')];
  plant('a.claim', first);
  plant(`a.${first}.claim`, second);
  const claim = await ours?.take('a');
  expect(claim).toBeDefined();
  expect(readdirSync(folder)).toContain(`a.${second}.claim`);
  await claim?.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('does not begin at a chain that was ended meanwhile', async () => {
  const [first, second] = [await deadToken('000000000001'), await deadToken('000000000002')];
  plant(`a.${first}.claim`, second);
  const claim = await ours?.take('a');
  expect(readlinkSync(join(folder, 'a.claim'))).not.toBe(first);
  await claim?.release();
  expect(readdirSync(folder)).toEqual([`a.${first}.claim`]);
});

it('waits until the holder releases it, and stops when cancelled', async () => {
  const claim = await ours?.take('a');
  let isFree = false;
  const freed = theirs?.freed('a').then(() => {
    isFree = true;
  });
  const cancel = new AbortController();
  const stopped = theirs?.freed('a', cancel.signal);
  cancel.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(isFree).toBe(false);
  await claim?.release();
  await freed;
  expect(isFree).toBe(true);
  await expect(theirs?.freed('never taken')).resolves.toBeUndefined();
});

it('takes over from a process that cannot be seen when it gives no sign of life', async () => {
  plant('a.claim', elsewhere);
  expect(await ours?.take('a')).toBeUndefined();
  const impatient = openClaims(folder, 30);
  await impatient.freed('a');
  const claim = await impatient.take('a');
  expect(claim).toBeDefined();
  await claim?.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('believes again who gives a sign of life, with all it holds', async () => {
  plant('a.claim', elsewhere);
  plant('b.claim', elsewhere);
  const impatient = openClaims(folder, 30);
  await impatient.freed('a');
  const now = new Date(Date.now() + 1000);
  lutimesSync(join(folder, 'b.claim'), now, now);
  expect(await impatient.take('b')).toBeUndefined();
  expect(await impatient.take('a')).toBeDefined();
});

it('makes one inode for what is held at the same time, and no token twice for a key', async () => {
  const [a, b] = [await ours?.take('a'), await ours?.take('b')];
  const at = (key: string) => lstatSync(join(folder, `${key}.claim`));
  expect(at('b').ino).toBe(at('a').ino);
  const before = readlinkSync(join(folder, 'a.claim'));
  await a?.release();
  expect(await theirs?.take('b')).toBeUndefined();
  const again = await ours?.take('a');
  expect(readlinkSync(join(folder, 'a.claim'))).not.toBe(before);
  await b?.release();
  await again?.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('never bears the token of another that a claim was lost to', async () => {
  await ours?.take('a');
  rmSync(join(folder, 'a.claim'));
  plant('a.claim', elsewhere);
  const b = await ours?.take('b');
  expect(readlinkSync(join(folder, 'b.claim'))).not.toBe(elsewhere);
  await b?.release();
  expect(readdirSync(folder)).toEqual(['a.claim']);
});

it('sweeps what the dead have left, and nothing else', async () => {
  const claim = await ours?.take('held');
  plant('far.claim', elsewhere);
  plant('a.claim', await deadToken());
  plant(`b.${await deadToken()}.claim`, await deadToken('00000000000b'));
  await theirs?.sweep();
  expect(readdirSync(folder).sort()).toEqual(['far.claim', 'held.claim']);
  await claim?.release();
  await openClaims(join(folder, 'none')).sweep();
});
