// A disk of 4 GiB with 600 MB of content: what it takes on disk, and what its artifacts cost beside `cp --sparse=always` of
// the same disk, in turns. The goals are those of the raw image: within 1.05 of its content, written within 1.3 of cp (the
// assembled disk is moved, not copied). Hashing 4 GiB takes the processor longer than copying 600 MB; it is shown apart.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleDisk, convertImage, planDisk } from '../../image-core/dist/index.js';
import { defaultContext, exec, moveFileAtomic } from '../../utils/dist/index.js';

const MIB = 1024 ** 2;
const FILES = 600;
const RUNS = 3;
const GOALS = { size: 1.05, time: 1.3 };

/** @type {import('../../image-core/dist/index.js').DiskArtifact[]} */
const ALL = [{ type: 'raw' }, { type: 'qcow2' }, { type: 'raw', compression: 'zstd' }];

/** @type {import('../../toolchain/dist/index.js').ToolRunner} */
const tools = {
  root: '/',
  run: (program, args, { env = {}, signal } = {}) =>
    exec('env', [...Object.entries(env).map(([name, value]) => `${name}=${value}`), program, ...args], {
      signal,
    }),
};

/** @type {import('../../toolchain/dist/index.js').DiskConfig} */
const disk = {
  name: 'bench',
  size: 4096 * MIB,
  partitionTableType: 'gpt',
  artifacts: ALL,
  partitions: [
    {
      ...{ id: 'root', name: 'root', typeGuid: '0fc63daf-8483-4772-8e79-3d69d8477de4', fsType: 'ext4' },
      ...{ start: MIB, mountPoint: '/', flags: [] },
    },
  ],
};

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const folder = await mkdtemp(join(tmpdir(), 'ic-bench-'));
try {
  const [rootfs, work, out] = ['rootfs', 'work', 'out'].map((name) => join(folder, name));
  if (rootfs === undefined || work === undefined || out === undefined) throw new Error('there are three');
  for (const path of [rootfs, work, out]) await mkdir(path);
  for (let index = 0; index < FILES; index += 1) {
    // Compresses to half, as programs do.
    await writeFile(
      join(rootfs, `file-${index}`),
      Buffer.concat([randomBytes(MIB / 2), Buffer.alloc(MIB / 2, `line ${index}\n`)]),
    );
  }
  const context = defaultContext();
  const plan = planDisk(disk, { seed: 'bench' });
  const image = join(work, 'bench-1.raw');
  await writeFile(image, '');
  await exec('truncate', ['--size', String(plan.size), image]);
  await assembleDisk({ plan, rootfs, image, tools, epoch: 1, mode: 'direct', context });
  const content = Number.parseInt((await exec('du', ['--block-size=1', '--summarize', rootfs])).stdout, 10);
  const size = ((await stat(image)).blocks * 512) / content;
  console.log(
    `on disk: ${size.toFixed(3)} of the content's ${(content / MIB).toFixed(0)} MiB (goal ${GOALS.size})`,
  );

  /** @type {Record<string, number[]>} */
  const seconds = {};
  /** @param {string} name @param {() => Promise<unknown>} run */
  const timed = async (name, run) => {
    const started = performance.now();
    await run();
    seconds[name] = [...(seconds[name] ?? []), (performance.now() - started) / 1000];
  };
  /** @param {import('../../image-core/dist/index.js').DiskArtifact[]} artifacts */
  const convert = (artifacts) => convertImage({ image, plan, artifacts, epoch: 1, signal: context.signal });
  for (let run = 0; run < RUNS; run += 1) {
    const copy = join(out, 'copy.raw');
    await timed('cp --sparse=always', () => exec('cp', ['--sparse=always', image, copy]));
    await rm(copy);
    const published = join(out, 'bench-1.raw');
    await timed('raw, written', () => moveFileAtomic(image, published));
    await rename(published, image);
    await timed('raw, hashed', () => convert([{ type: 'raw' }]));
    await timed('raw and qcow2, written and hashed', () => convert([{ type: 'raw' }, { type: 'qcow2' }]));
    await rm(image.replace(/raw$/, 'qcow2'));
    await timed('raw, qcow2 and raw.zst, written and hashed', () => convert(ALL));
    for (const format of ['qcow2', 'raw.zst']) await rm(image.replace(/raw$/, format));
  }
  const reference = median(seconds['cp --sparse=always'] ?? []);
  for (const [name, runs] of Object.entries(seconds)) {
    const middle = median(runs);
    console.log(`${name}: ${middle.toFixed(2)} s, ${(middle / reference).toFixed(2)} of cp`);
  }
  const time = median(seconds['raw, written'] ?? []) / reference;
  console.log(`raw, written: ${time.toFixed(2)} of cp (goal ${GOALS.time})`);
  if (size > GOALS.size || time > GOALS.time) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
