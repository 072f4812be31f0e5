import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { $ } from 'zx';

export interface StubPackage {
  readonly name: string;
  readonly version: string;
  /** Absolute path in the target → content. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Store it as it is, which is faster; default false. */
  readonly plain?: boolean | undefined;
}

/** Builds a package of architecture `all` that depends on nothing and consists of a few files. */
export async function buildStub(stub: StubPackage, path: string): Promise<void> {
  const { name, version } = stub;
  await inFolder(async (tree) => {
    await mkdir(join(tree, 'DEBIAN'));
    await writeFile(
      join(tree, 'DEBIAN/control'),
      `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Image Composer <tests@localhost>\nSection: misc\nPriority: optional\nDescription: stand-in for ${name}\n`,
    );
    const sums: string[] = [];
    for (const [file, content] of Object.entries(stub.files)) {
      await mkdir(dirname(join(tree, file)), { recursive: true });
      await writeFile(join(tree, file), content);
      sums.push(`${md5(content)}  ${file.slice(1)}\n`);
    }
    await writeFile(join(tree, 'DEBIAN/md5sums'), sums.join(''));
    const options = ['--root-owner-group', ...(stub.plain === true ? ['-Znone'] : [])];
    await $({ quiet: true })`dpkg-deb ${options} --build ${tree} ${path}`;
  });
}

export interface RebuildOptions {
  /** Appended to the version. */
  readonly versionSuffix: string;
  /** Path in the package, relative → new content; the files are there already and no conffiles. */
  readonly replace: Readonly<Record<string, string>>;
}

/** Builds a package anew with other content of some of its files, as a derivative of a distribution does. */
export async function rebuildDeb(original: string, path: string, options: RebuildOptions): Promise<void> {
  const quiet = $({ quiet: true });
  await inFolder(async (folder) => {
    const tree = join(folder, 'tree');
    await quiet`dpkg-deb --raw-extract ${original} ${tree}`;
    const control = join(tree, 'DEBIAN/control');
    const sums = join(tree, 'DEBIAN/md5sums');
    let listed = await readFile(sums, 'utf8');
    for (const [file, content] of Object.entries(options.replace)) {
      await writeFile(join(tree, file), content);
      listed = listed
        .split('\n')
        .map((line) => (line.endsWith(`  ${file}`) ? `${md5(content)}  ${file}` : line))
        .join('\n');
    }
    await writeFile(sums, listed);
    const text = await readFile(control, 'utf8');
    await writeFile(control, text.replace(/^Version: .*$/m, `$&${options.versionSuffix}`));
    // Owners come out of the archive as they are only for root.
    const owners = process.getuid?.() === 0 ? [] : ['--root-owner-group'];
    await quiet`dpkg-deb ${owners} --build ${tree} ${path}`;
  });
}

function md5(content: string | Uint8Array): string {
  return createHash('md5').update(content).digest('hex');
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ic-deb-'));
  try {
    // mkdtemp makes it 0700, which would become the mode of the target's root folder.
    await $({ quiet: true })`chmod 0755 ${folder}`;
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
