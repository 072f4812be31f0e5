import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImageConfig, RunOptions, SystemConfig, ToolRunner, UserConfig } from '@ic/toolchain';
import { defaultContext, type ExecResult, type IcEvent } from '@ic/utils';
import { onTestFinished } from 'vitest';
import type { ImageSystem } from './image-system.js';

export const isRoot = process.getuid?.() === 0;
/** The owner that whoever runs the tests may give to a file. */
export const OWN = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
export const EPOCH = 1_750_000_000;

/** Text is a file, `-> target` a link, null a folder. */
export type Tree = Readonly<Record<string, string | null>>;

/** A temporary folder that ends with the test. */
export function makeTree(tree: Tree = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'imageos-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(tree)) {
    const place = join(root, path);
    mkdirSync(content === null ? place : dirname(place), { recursive: true });
    if (content?.startsWith('-> ')) symlinkSync(content.slice(3), place);
    else if (content !== null) writeFileSync(place, content);
  }
  return root;
}

export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: RunOptions['env'];
}

/** A runner that writes down what it is asked to do and answers with `answer`. */
export function fakeRunner(root: string, answer: (call: Call, options: RunOptions) => string = () => '') {
  const calls: Call[] = [];
  const runner: ToolRunner = {
    root,
    async run(program, args, options = {}): Promise<ExecResult> {
      const call = { program, args, env: options.env };
      calls.push(call);
      return { status: 0, stdout: answer(call, options), stderr: '' };
    },
  };
  return { runner, calls };
}

const SYSTEM: SystemConfig = {
  name: 'test',
  description: '',
  hostname: 'edge',
  packages: [],
  excludePackages: [],
  recommends: false,
  kernel: { cmdline: '', packages: [], extraModules: [], uki: false },
  bootloader: { bootType: 'efi', provider: 'systemd-boot', timeout: 2, shim: false },
  users: [],
  network: { backend: 'systemd-networkd', ntp: [], interfaces: [] },
  timezone: 'UTC',
  locale: 'C.UTF-8',
  keyboard: { layout: 'us' },
  services: { enable: [], disable: [], mask: [] },
  additionalFiles: [],
  configurations: [],
  groups: [],
  sysctl: {},
  kernelModules: { load: [], disable: [], options: {} },
  tmpfiles: [],
  packageManager: { documentation: true },
  hooks: { preInstall: [], postInstall: [], preImage: [], firstBoot: [] },
};

export interface Fixture {
  readonly tree?: Tree;
  readonly system?: Partial<SystemConfig>;
  readonly family?: 'deb' | 'rpm';
  readonly answer?: (call: Call, options: RunOptions) => string;
}

/** An image system over a temporary tree, its runner's calls and its events. */
export function makeSystem({ tree, system, family = 'deb', answer }: Fixture = {}) {
  const rootfs = makeTree(tree);
  const { runner, calls } = fakeRunner(rootfs, answer);
  const events: IcEvent[] = [];
  const config: ImageConfig = {
    metadata: { description: '', useCases: [], keywords: [] },
    image: { name: 'test', version: '1' },
    target: {
      os: 'debian',
      dist: 'debian12',
      family,
      arch: 'x86_64',
      packageArchitecture: 'amd64',
      imageType: 'raw',
      chrootPackages: [],
    },
    disk: { name: 'disk', size: 0, partitionTableType: 'gpt', partitions: [], artifacts: [] },
    system: { ...SYSTEM, ...system },
    repositories: [],
  };
  const image: ImageSystem = {
    rootfs,
    config,
    plan: { table: 'gpt', size: 0, sectorSize: 512, diskId: '', partitions: [] },
    runner,
    repositoryKeys: {},
    epoch: EPOCH,
    context: defaultContext({ events: (event) => events.push(event) }),
  };
  return { image, rootfs, calls, events };
}

export function makeUser(name: string, over: Partial<UserConfig> = {}): UserConfig {
  return {
    name,
    groups: [],
    sudo: false,
    home: `/home/${name}`,
    shell: '/bin/bash',
    sshAuthorizedKeys: [],
    ...over,
  };
}
