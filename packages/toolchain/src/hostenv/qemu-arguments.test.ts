import { describe, expect, it } from 'vitest';
import { type QemuMachine, qemuArguments } from './qemu-arguments.js';

const machine: QemuMachine = {
  disks: [{ path: '/images/a.raw', format: 'raw', snapshot: true }],
  accelerator: 'tcg',
  memory: 1024 ** 3,
  processors: 2,
  serial: 'stdio',
  network: 'none',
};

/** The value after a flag, every time it is there. */
function values(args: readonly string[], flag: string): string[] {
  return args.flatMap((arg, index) => (arg === flag ? [args[index + 1] ?? ''] : []));
}

describe('qemuArguments', () => {
  it('is a list of arguments that never changes by itself', () => {
    expect(qemuArguments(machine)).toEqual([
      ...['-nodefaults', '-no-user-config', '-display', 'none'],
      ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max,-cx16', '-m', '1024M', '-smp', '2'],
      '-drive',
      'if=none,id=disk0,format=raw,snapshot=on,cache=unsafe,file=/images/a.raw',
      ...['-device', 'virtio-blk-pci,drive=disk0,bootindex=0', '-device', 'virtio-rng-pci'],
      ...['-nic', 'none', '-serial', 'stdio'],
    ]);
  });

  const cases: { name: string; change: Partial<QemuMachine>; flag: string; expected: string[] }[] = [
    { name: 'KVM', change: { accelerator: 'kvm' }, flag: '-accel', expected: ['kvm'] },
    {
      name: "the host's processor under KVM",
      change: { accelerator: 'kvm' },
      flag: '-cpu',
      expected: ['host'],
    },
    { name: 'Secure Boot', change: { secureBoot: true }, flag: '-machine', expected: ['q35,smm=on'] },
    {
      name: 'Secure Boot',
      change: { secureBoot: true },
      flag: '-global',
      expected: ['driver=cfi.pflash01,property=secure,value=on'],
    },
    { name: 'memory rounded up', change: { memory: 100_000_001 }, flag: '-m', expected: ['96M'] },
    { name: 'the terminal', change: { serial: 'terminal' }, flag: '-serial', expected: ['mon:stdio'] },
    { name: 'a file', change: { serial: 'file:/tmp/a,b' }, flag: '-serial', expected: ['file:/tmp/a,,b'] },
    { name: 'no serial port', change: { serial: 'none' }, flag: '-serial', expected: [] },
    {
      name: 'firmware in two flash units',
      change: { firmware: { code: '/fw/code.fd', variables: '/tmp/vars,1.fd' }, disks: [] },
      flag: '-drive',
      expected: [
        'if=pflash,unit=0,format=raw,readonly=on,file=/fw/code.fd',
        'if=pflash,unit=1,format=raw,file=/tmp/vars,,1.fd',
      ],
    },
    {
      name: 'a kernel of its own',
      change: { kernel: { image: '/a,b.vmlinuz', initramfs: '/a.initrd', commandLine: 'x y' } },
      flag: '-append',
      expected: ['x y'],
    },
    {
      name: 'a network that leads nowhere but in',
      change: { network: 'isolated', forward: [{ host: 2222, guest: 22 }] },
      flag: '-nic',
      expected: ['user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22'],
    },
    {
      name: 'a network that leads out',
      change: { network: 'user' },
      flag: '-nic',
      expected: ['user,model=virtio-net-pci'],
    },
    {
      name: 'a disk that is written to',
      change: { disks: [{ path: '/i.qcow2', format: 'qcow2', snapshot: false }] },
      flag: '-drive',
      expected: ['if=none,id=disk0,format=qcow2,snapshot=off,cache=writeback,file=/i.qcow2'],
    },
  ];
  it.each(cases)('$name: $flag $expected', ({ change, flag, expected }) => {
    expect(values(qemuArguments({ ...machine, ...change }), flag)).toEqual(expected);
  });

  it('ends on reboot when asked to', () => {
    expect(qemuArguments(machine)).not.toContain('-no-reboot');
    expect(qemuArguments({ ...machine, endOnReboot: true })).toContain('-no-reboot');
  });
});
