import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { has } from '../imagedisk/disk.test.fixture.js';
import { HYBRID_PLAN, OLDER, RELEASE } from './boot.test.fixture.js';
import { grubConfig, grubDefaults, grubEarlyConfig, grubStubConfig } from './grub-config.js';
import { grubWords, singleQuoted } from './grub-quote.js';
import { kernelWords } from './kernel-words.js';

const KERNELS = [RELEASE, OLDER].map((release) => ({
  release,
  image: `/boot/vmlinuz-${release}`,
  initramfs: `/boot/initrd.img-${release}`,
}));
const SEPARATE = {
  ...HYBRID_PLAN,
  boot: { fsUuid: 'f5-uuid', fsType: 'ext4', mountPoint: '/boot' },
} as const;

describe('grubConfig', () => {
  it('has an entry for each kernel, the first without its release', () => {
    expect(grubConfig(HYBRID_PLAN, "Bob's Linux", KERNELS).split('\n').slice(1)).toEqual([
      'set default=0',
      'set timeout=2',
      'if serial --unit=1 --speed=57600; then',
      '  terminal_input console serial',
      '  terminal_output console serial',
      'fi',
      'if [ "$grub_platform" = efi ]; then insmod all_video; fi',
      'search --no-floppy --fs-uuid --set=root f5-uuid',
      '',
      `menuentry 'Bob'\\''s Linux' --class gnu-linux --id '${RELEASE}' {`,
      `  linux '/boot/vmlinuz-${RELEASE}' root=PARTUUID=1234 rw console=tty0 console=ttyS1,57600n8 quiet`,
      `  initrd '/boot/initrd.img-${RELEASE}'`,
      '}',
      '',
      `menuentry 'Bob'\\''s Linux, with Linux ${OLDER}' --class gnu-linux --id '${OLDER}' {`,
      `  linux '/boot/vmlinuz-${OLDER}' root=PARTUUID=1234 rw console=tty0 console=ttyS1,57600n8 quiet`,
      `  initrd '/boot/initrd.img-${OLDER}'`,
      '}',
      '',
    ]);
  });

  it('names files from the root of a /boot of its own', () => {
    const text = grubConfig(SEPARATE, 'Linux', KERNELS);
    expect(text).toContain(`linux '/vmlinuz-${RELEASE}' `);
    expect(text).toContain(`initrd '/initrd.img-${RELEASE}'`);
    expect(grubEarlyConfig(SEPARATE)).toBe("search.fs_uuid f5-uuid root\nset prefix=($root)'/grub'\n");
    expect(grubEarlyConfig(HYBRID_PLAN)).toBe(
      "search.fs_uuid f5-uuid root\nset prefix=($root)'/boot/grub'\n",
    );
    expect(grubStubConfig(HYBRID_PLAN)).toBe(`${grubEarlyConfig(HYBRID_PLAN)}configfile $prefix/grub.cfg\n`);
  });

  it('leaves terminals alone without a serial console', () => {
    const plan = { ...HYBRID_PLAN, commandLine: 'quiet' };
    expect(grubConfig(plan, 'Linux', KERNELS)).not.toMatch(/serial|terminal/);
    expect(grubDefaults(plan)).not.toMatch(/SERIAL|TERMINAL/);
  });

  it.skipIf(!has('grub-script-check'))('is in the language of GRUB', () => {
    const plan = { ...HYBRID_PLAN, commandLine: `a="b c" d='$x {y}; z' }` };
    execFileSync('grub-script-check', { input: grubConfig(plan, "it's {a} $b", KERNELS) });
  });
});

describe('grubDefaults', () => {
  it('gives update-grub the command line, the root by PARTUUID and the terminal', () => {
    const commandLine = `root=PARTUUID=1234 rw console=ttyS0 a="b c" d=$(x) e='f`;
    const names = [
      'CMDLINE_LINUX',
      'CMDLINE_LINUX_DEFAULT',
      'DISABLE_LINUX_UUID',
      'DISABLE_LINUX_PARTUUID',
      'SERIAL_COMMAND',
    ];
    const script = `set -eu; ${grubDefaults({ ...HYBRID_PLAN, commandLine })}\n${names.map((name) => `echo "$GRUB_${name}"`).join('\n')}`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n')).toEqual([
      String.raw`rw console=ttyS0 'a=b c' 'd=$(x)' 'e='\''f'`,
      '',
      'true',
      'false',
      'serial --unit=0 --speed=9600',
      '',
    ]);
  });

  it('finds the newest kernel that fits, and its entry', () => {
    const plan = { ...HYBRID_PLAN, defaultKernel: '6.1.*-amd64', menuSeconds: 9 };
    const list = (releases: string) =>
      `ls() { [ "$*" = '/boot/vmlinuz-6.1.*-amd64' ] && printf '/boot/vmlinuz-%s\\n' ${releases}; }`;
    const chosen = (releases: string) =>
      execFileSync(
        'sh',
        [
          '-c',
          `GRUB_DEFAULT=0; ${list(releases)}; ${grubDefaults(plan)}\necho "$GRUB_DEFAULT $GRUB_TIMEOUT"`,
        ],
        {
          encoding: 'utf8',
        },
      ).trim();
    expect(chosen('6.1.0-9-amd64 6.1.0-50-amd64')).toBe(
      'gnulinux-advanced-f5-uuid>gnulinux-6.1.0-50-amd64-advanced-f5-uuid 9',
    );
    expect(
      execFileSync(
        'sh',
        ['-c', `GRUB_DEFAULT=0; ls() { false; }; ${grubDefaults(plan)}\necho "$GRUB_DEFAULT"`],
        { encoding: 'utf8' },
      ),
    ).toBe('0\n');
    expect(grubDefaults(HYBRID_PLAN)).not.toContain('GRUB_DEFAULT');
  });

  it("keeps a root of the template's own", () => {
    const plan = { ...HYBRID_PLAN, commandLine: 'rw root=LABEL=x' };
    expect(grubDefaults(plan)).toContain("GRUB_CMDLINE_LINUX='rw root=LABEL=x'\n");
  });
});

describe('quoting', () => {
  it('means the same text to a shell', () => {
    const text = fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 200 }), (texts) => {
        const script = `printf '%s\\0' ${texts.map(singleQuoted).join(' ')}`;
        const printed = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
        expect(printed.split('\0').slice(0, -1)).toEqual(texts.map((each) => Buffer.from(each).toString()));
      }),
      { numRuns: 5 },
    );
  });

  it('gives GRUB the words of the kernel without their double quotes', () => {
    const word = fc.stringMatching(/^(?:[!#-~]|"[ !#-~]*"){1,8}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const text = words.join(' ');
        // The quoting of GRUB's language, as far as it is used here, is that of a shell.
        const args = grubWords(text).match(/(?:'[^']*'|\\'|[^\s'\\])+/g) ?? [];
        const read = args.map((arg) =>
          arg.replace(/'([^']*)'|\\(')/g, (_all, plain, quote) => plain ?? quote),
        );
        expect(read).toEqual(kernelWords(text).map((each) => each.replaceAll('"', '')));
      }),
    );
  });
});
