import { describe, expect, it } from 'vitest';
import { explainNamespaces, type NamespaceFacts } from './build-namespaces.js';

const refused: NamespaceFacts = {
  user: { uid: 1000, name: 'alice' },
  failure: 'unshare: unshare failed: Operation not permitted',
  subuid: 'alice:100000:65536\n',
  subgid: 'alice:100000:65536\n',
  idMapPrograms: true,
  sysctl: {},
};

describe('explainNamespaces', () => {
  it('has nothing to explain when it works', () => {
    expect(explainNamespaces({ ...refused, failure: undefined })).toEqual({ usable: true });
  });

  const cases: { name: string; facts: Partial<NamespaceFacts>; problem: string; remedy: string }[] = [
    {
      name: 'the kernel has none',
      facts: { sysctl: { maxUserNamespaces: '0' } },
      problem: 'user.max_user_namespaces is 0',
      remedy: 'sudo sysctl user.max_user_namespaces=15000',
    },
    {
      name: "Debian's switch",
      facts: { sysctl: { unprivilegedUsernsClone: '0' } },
      problem: 'kernel.unprivileged_userns_clone is 0',
      remedy: 'sudo sysctl kernel.unprivileged_userns_clone=1',
    },
    {
      name: "Ubuntu's switch",
      facts: { sysctl: { apparmorRestrict: '1' } },
      problem: 'AppArmor',
      remedy: 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    },
    { name: 'no uidmap', facts: { idMapPrograms: false }, problem: 'newuidmap', remedy: 'ic host --install' },
    {
      name: 'no range in either file',
      facts: { subuid: 'bob:100000:65536\n', subgid: '' },
      problem: 'alice has no range of 65536 ids in /etc/subuid and /etc/subgid',
      remedy: 'sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 alice',
    },
    {
      name: 'too small a group range',
      facts: { subgid: 'alice:100000:1000\n' },
      problem: 'alice has no range of 65536 ids in /etc/subgid',
      remedy: 'sudo usermod --add-subgids 165536-231071 alice',
    },
    { name: 'anything else', facts: {}, problem: 'Operation not permitted', remedy: 'build as root' },
    {
      name: 'root in a container',
      facts: { user: { uid: 0, name: 'root' } },
      problem: 'container',
      remedy: 'CAP_SYS_ADMIN',
    },
  ];
  it.each(cases)('$name', ({ facts, problem, remedy }) => {
    const report = explainNamespaces({ ...refused, ...facts });
    expect(report.usable).toBe(false);
    expect(report.problem).toContain(problem);
    expect(report.remedy).toContain(remedy);
  });
});
