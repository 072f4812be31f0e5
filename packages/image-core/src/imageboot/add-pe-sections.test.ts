import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../errors.js';
import { addPeSections, type NewSection } from './add-pe-sections.js';
import { readPe, sectionContent } from './pe.js';
import { type MadePe, makePe } from './pe.test.fixture.js';

const OSREL: NewSection = { name: '.osrel', content: Buffer.from('ID=test\n') };
const LINUX: NewSection = { name: '.linux', content: Buffer.alloc(5000, 'k'), isCode: true };
const NEW = [OSREL, LINUX];
const TEXT = { name: '.text', content: Buffer.from('code') };

/** An image whose only section lies at the end of what 32 bits can name. */
function highPe(): Buffer {
  const bytes = makePe();
  bytes.writeUInt32LE(0xfffff000, readPe(bytes, 'it').sectionTable + 12);
  return bytes;
}

function add(made: MadePe, sections: readonly NewSection[] = NEW) {
  const bytes = addPeSections(makePe(made), sections, 'the stub');
  const image = readPe(bytes, 'the result');
  return { bytes, image, content: (name: string) => sectionContent(bytes, image, name) };
}

describe('addPeSections', () => {
  it('puts sections behind those that are there', () => {
    const { bytes, image, content } = add({
      sections: [TEXT, { name: '.sbat', content: Buffer.from('sbat') }],
    });
    expect(
      image.sections.map(({ name, virtualAddress, virtualSize }) => [name, virtualAddress, virtualSize]),
    ).toEqual([
      ['.text', 0x1000, 4],
      ['.sbat', 0x2000, 4],
      ['.osrel', 0x3000, 8],
      ['.linux', 0x4000, 5000],
    ]);
    for (const { name, content: expected } of [TEXT, ...NEW]) expect(content(name)).toEqual(expected);
    expect(content('.none')).toBeUndefined();
    // SizeOfImage, in whole pages.
    expect(bytes.readUInt32LE(image.optionalHeader + 56)).toBe(0x6000);
    expect(image.sections.every(({ fileOffset, fileSize }) => (fileOffset | fileSize) % 512 === 0)).toBe(
      true,
    );
    const last = image.sections.at(-1);
    expect(bytes.length).toBe((last?.fileOffset ?? 0) + (last?.fileSize ?? 0));
    // The checksum of the stub would be wrong, and none is needed.
    expect(bytes.readUInt32LE(image.optionalHeader + 64)).toBe(0);
  });

  it.each([0, 1, 3])('makes room where there is room for %d headers, and moves no address', (freeHeaders) => {
    const before = readPe(makePe({ freeHeaders, fileAlignment: 32 }), 'the stub');
    const { image, content, bytes } = add({ freeHeaders, fileAlignment: 32 });
    expect(content('.text')).toEqual(TEXT.content);
    expect(content('.osrel')).toEqual(OSREL.content);
    expect(image.sections[0]?.virtualAddress).toBe(before.sections[0]?.virtualAddress);
    const headersEnd = image.sectionTable + 40 * image.sections.length;
    expect(image.sections[0]?.fileOffset).toBeGreaterThanOrEqual(headersEnd);
    expect(bytes.readUInt32LE(image.optionalHeader + 60)).toBeGreaterThanOrEqual(headersEnd);
  });

  it('leaves out a signature, which would not hold', () => {
    const signed = add({ certificate: Buffer.alloc(64, 0xcc) });
    expect(signed.bytes).toEqual(add({}).bytes);
  });

  it('moves what the debug directory points to along', () => {
    const directory = Buffer.alloc(28);
    const make = (pointer: number) => {
      directory.writeUInt32LE(pointer, 24);
      return {
        sections: [{ name: '.rdata', content: directory }],
        freeHeaders: 0,
        debug: [0x1000, 28] as const,
      };
    };
    const at = readPe(makePe(make(0)), 'the stub').sections[0]?.fileOffset ?? 0;
    const moved = add(make(at));
    expect(moved.content('.rdata')?.readUInt32LE(24)).toBe(moved.image.sections[0]?.fileOffset);
    expect(moved.image.sections[0]?.fileOffset).toBeGreaterThan(at);
    expect(add(make(0)).content('.rdata')?.readUInt32LE(24)).toBe(0);
  });

  it('aligns to pages where the stub aligns to less', () => {
    const { image } = add({ sectionAlignment: 512 });
    expect(image.sections.slice(1).map(({ virtualAddress }) => virtualAddress % 4096)).toEqual([0, 0]);
  });

  it.each<[string, Buffer, readonly NewSection[], string]>([
    [
      'text',
      Buffer.from('#!/bin/sh\n'.repeat(20)),
      NEW,
      'the stub is no UEFI program: it does not begin with "MZ"',
    ],
    ['an empty file', Buffer.alloc(0), NEW, 'it ends within its headers'],
    ['a DOS program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]), NEW, 'it has no PE header'],
    ['a name twice', makePe(), [{ ...OSREL, name: '.text' }], 'has a section .text already'],
    ['a place beyond 4 GiB', highPe(), NEW, 'would have more than 4 GiB with its section .osrel'],
    ['a strange alignment', makePe({ fileAlignment: 48 }), NEW, 'it cannot be aligned to 48 bytes'],
    [
      'no room in memory',
      makePe({ sectionAlignment: 16 }),
      Array.from({ length: 95 }, (_, index) => ({ ...OSREL, name: `.${index}` })),
      'has no room for 95 more sections',
    ],
  ])('refuses %s', (_title, bytes, sections, message) => {
    expect(() => addPeSections(bytes, sections, 'the stub')).toThrow(
      expect.objectContaining({ code: 'IMAGE_FAILED', message: expect.stringContaining(message) }),
    );
  });

  it('gives back any content', () => {
    const content = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes));
    const stub = fc.record({
      fileAlignment: fc.constantFrom(16, 512),
      freeHeaders: fc.option(fc.nat(6), { nil: undefined }),
      sections: fc
        .array(content, { maxLength: 4 })
        .map((all) => all.map((one, i) => ({ name: `.s${i}`, content: one }))),
    });
    fc.assert(
      fc.property(
        stub,
        fc.array(content, { minLength: 1, maxLength: 5 }),
        ({ freeHeaders, ...made }, contents) => {
          const sections = contents.map((one, index) => ({ name: `.new${index}`, content: one }));
          const all = add(freeHeaders === undefined ? made : { ...made, freeHeaders }, sections);
          for (const { name, content: expected } of [...made.sections, ...sections]) {
            expect(all.content(name)).toEqual(expected);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses what is damaged in words', () => {
    const whole = makePe({
      sections: [TEXT, { name: '.rdata', content: Buffer.alloc(56) }],
      debug: [0x2000, 56],
    });
    const damage = fc.array(fc.tuple(fc.nat(450), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.nat(whole.length), damage, (length, changes) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          addPeSections(bytes, NEW, 'the stub');
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
