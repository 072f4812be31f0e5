import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256File } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Composer, type IcResult, startComposer } from '../src/composer.js';
import { type OrdinaryUser, ordinaryUser } from '../src/ordinary-user.js';
import { hostMounts, lastingLeftovers, leftovers } from './leftovers.js';
import { SMALL_TEMPLATE } from './small-template.js';
import { IS_FULL } from './stage.js';

const ROOT = process.getuid?.() === 0;
const USER = ordinaryUser();
/** Seconds that the kernel may take to end a dead build's namespaces. */
const BOUND = 2;
const NOTHING = { processes: [], mounts: [], loopDevices: [] };

/** The folders of a series of builds that follow each other. */
interface Place {
  readonly folder: string;
  readonly cache: string;
  readonly work: string;
  readonly output: string;
  readonly user: OrdinaryUser | undefined;
}

/** When a build is disturbed: once `line` was on standard error and, from then on, something is so. */
interface Point {
  readonly title: string;
  /** Of `ic build -v`: the beginning of a stage, or what dpkg says. */
  readonly line: RegExp;
  readonly until?: (place: Place) => boolean;
  /** Folder of the cache that is removed before, so that the stage has work to do. */
  readonly forget?: string;
  readonly args?: readonly string[];
}

/** Tried always. */
const FETCH: Point = {
  title: 'fetch',
  line: /^fetch …/,
  until: ({ cache }) => list(join(cache, 'packages/partial')).length > 0,
  forget: 'packages',
};
const CHROOT: Point = {
  title: 'chrootbuild, the tarball half written',
  line: /^chrootbuild …/,
  until: ({ work }) => list(work).some((build) => existsSync(join(work, build, 'chroot.tar'))),
  forget: 'chroot',
};
const INSTALL: Point = {
  title: 'install, half of the packages configured',
  line: /^dpkg: Setting up systemd /,
};
const INITRAMFS: Point = { title: 'initramfs', line: /^initramfs …/ };
const IMAGEDISK: Point = {
  title: 'imagedisk',
  line: /^imagedisk …/,
  until: ({ work }) => list(work).some((build) => list(join(work, build, 'artifacts')).length > 0),
};
const LOOP: Point = {
  title: 'imagedisk, a loop device attached',
  line: /^imagedisk …/,
  until: ({ folder }) => leftovers(folder, []).loopDevices.length > 0,
  args: ['--assembly', 'loop'],
};

/** Tried when IC_TEST_FULL=1. */
const MORE: readonly Point[] = [
  {
    title: 'metadata',
    line: /^metadata …/,
    until: ({ cache }) => list(cache).length > 0,
    forget: 'metadata',
  },
  { title: 'verify', line: /^verify …/ },
  { title: 'install, its very beginning', line: /^install …/ },
  { title: 'install, the first package configured', line: /^dpkg: Setting up/ },
  { title: 'install, its triggers', line: /^dpkg: Processing triggers/ },
  { title: 'imageos', line: /^imageos …/ },
  { title: 'imageboot', line: /^imageboot …/ },
  { title: 'seal', line: /^seal …/ },
];

let composer: Composer;
/** SHA-256 of the image of a build that nobody disturbed. */
let undisturbed: string;
const temporary: string[] = [];

beforeAll(async () => {
  composer = await startComposer();
  const place = makePlace(undefined, composer.cacheDir);
  undisturbed = await succeed(place);
});
afterAll(async () => {
  await composer?.close();
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
  if (USER !== undefined) rmSync(USER.home, { recursive: true, force: true });
});

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function makePlace(user: OrdinaryUser | undefined, cache?: string): Place {
  const folder = mkdtempSync(join(tmpdir(), 'ic-kills-'));
  temporary.push(folder);
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'small.yml'), SMALL_TEMPLATE);
  copyFileSync(composer.mirror.certificates.caFile, join(folder, 'ca.pem'));
  const own = join(folder, 'own');
  mkdirSync(own);
  if (user !== undefined) chownSync(own, user.uid, user.gid);
  const place = { folder, work: join(own, 'work'), output: join(own, 'out'), user };
  return { ...place, cache: cache ?? join(own, 'cache') };
}

/** `ic build`, disturbed by a signal at a point, or by nothing. */
async function build(place: Place, point?: Point, disturb?: (pid: number) => void): Promise<IcResult> {
  const folders = ['--cache-dir', place.cache, '--work-dir', place.work, '--output-dir', place.output];
  let pid = 0;
  let waiting: ReturnType<typeof setInterval> | undefined;
  const result = await composer.ic(
    [
      'build',
      '-v',
      join(place.folder, 'small.yml'),
      ...folders,
      ...composer.mirrorArguments,
      ...(point?.args ?? []),
    ],
    {
      user: place.user,
      ownGroup: true,
      env: { NODE_EXTRA_CA_CERTS: join(place.folder, 'ca.pem') },
      onStart: (started) => {
        pid = started;
      },
      onLine: (line) => {
        if (waiting !== undefined || point?.line.test(line) !== true) return;
        const look = () => {
          if (point.until?.(place) === false) return;
          clearInterval(waiting);
          disturb?.(pid);
        };
        waiting = setInterval(look, 2);
        look();
      },
    },
  );
  clearInterval(waiting);
  return result;
}

/** A build that must succeed and leave nothing but its output; resolves to the SHA-256 of the image. */
async function succeed(place: Place): Promise<string> {
  const { status, stderr } = await build(place);
  expect(status, stderr).toBe(0);
  expect(list(place.work)).toEqual([]);
  expect(list(place.output).sort()).toEqual(['small-1.manifest.json', 'small-1.raw']);
  const hash = await sha256File(join(place.output, 'small-1.raw'));
  rmSync(place.output, { recursive: true });
  return hash;
}

/** Disturbs a build at a point and looks at what is left, at once and a moment later. */
async function disturbed(place: Place, point: Point, disturb: (pid: number) => void): Promise<IcResult> {
  if (point.forget !== undefined) rmSync(join(place.cache, point.forget), { recursive: true, force: true });
  const before = hostMounts();
  let alive: readonly string[] = [];
  const result = await build(place, point, (pid) => {
    alive = leftovers(place.folder, before).processes;
    disturb(pid);
  });
  // What is looked for afterwards would have been found while the build lived.
  expect(alive, `the build ended before it came to ${point.title}:\n${result.stderr}`).not.toEqual([]);
  expect(await lastingLeftovers(place.folder, before, BOUND)).toEqual(NOTHING);
  // A file under its final name is whole, or it is not there.
  for (const name of list(place.output).filter((entry) => !entry.startsWith('.'))) {
    expect(name).toBe('small-1.raw');
    expect(await sha256File(join(place.output, name))).toBe(undisturbed);
  }
  return result;
}

/** One build after the other is killed in the same folders; each must come further than the one before, the last to its end. */
function killed(
  title: string,
  user: OrdinaryUser | undefined,
  possible: boolean,
  points: readonly Point[],
): void {
  describe.skipIf(!possible)(`builds that are killed, ${title}`, () => {
    let place: Place;
    beforeAll(() => {
      place = makePlace(user);
    });

    it.each(points.map((point) => [point.title, point] as const))('in %s', async (_, point) => {
      const { status } = await disturbed(place, point, (pid) => process.kill(pid, 'SIGKILL'));
      expect(status).toBeNull();
      if (IS_FULL) expect(await succeed(place)).toBe(undisturbed);
    });

    it('are followed by one that succeeds, clears up after them and makes the same image', async () => {
      expect(await succeed(place)).toBe(undisturbed);
    });
  });
}

killed('as root', undefined, ROOT, [
  FETCH,
  CHROOT,
  INSTALL,
  LOOP,
  ...(IS_FULL ? [INITRAMFS, IMAGEDISK, ...MORE] : []),
]);
killed('without root', USER, USER !== undefined || !ROOT, [
  INSTALL,
  IMAGEDISK,
  ...(IS_FULL ? [FETCH, CHROOT, INITRAMFS, ...MORE] : []),
]);

describe('a build that is told to stop', () => {
  let place: Place;
  beforeAll(() => {
    place = makePlace(undefined);
  });

  const stops: readonly (readonly [string, Point, (pid: number) => void])[] = [
    ['SIGTERM', FETCH, (pid) => process.kill(pid, 'SIGTERM')],
    // A negative number is a process group: Ctrl-C on a terminal reaches all programs of a build at once.
    ['Ctrl-C', INSTALL, (pid) => process.kill(-pid, 'SIGINT')],
    ...(IS_FULL ? [CHROOT, INITRAMFS, IMAGEDISK, LOOP, ...MORE] : []).map(
      (point) => ['SIGINT', point, (pid: number) => process.kill(pid, 'SIGINT')] as const,
    ),
  ];

  it.each(stops.map(([how, point, disturb]) => [how, point.title, point, disturb] as const))(
    'by %s in %s leaves nothing',
    async (_how, _title, point, disturb) => {
      const { status, stderr } = await disturbed(place, point, disturb);
      expect(stderr).toContain('error[CANCELLED]: cancelled\n');
      expect(status).toBe(130);
      expect(list(place.work)).toEqual([]);
    },
  );
});
