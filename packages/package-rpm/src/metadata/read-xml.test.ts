import { describe, expect, it } from 'vitest';
import { readXml } from './read-xml.js';

const read = (text: string) => readXml(text, 'root', (reason) => new RangeError(reason));

describe('readXml', () => {
  it('reads elements, attributes and text', () => {
    const root = read(
      `<?xml version="1.0" encoding="UTF-8"?><!-- one --><x:root a="1" x:a=' 2 '>
        <x:item> a&amp;b<![CDATA[<c>]]> </x:item><item/><other><item>deep</item></other></x:root>`,
    );
    expect([root.attribute('a'), root.attribute('x:a'), root.attribute('b')]).toEqual(['1', '2', undefined]);
    expect(root.all('item').map(({ text }) => text)).toEqual(['a&b<c>', '']);
    expect(root.first('other')?.first('item')?.text).toBe('deep');
    expect(root.first('none')).toBeUndefined();
  });

  it.each([
    ['nothing', '', /no element \(line 1\)/],
    ['text alone', 'hello', /no element/],
    ['another root', '<html/>', /no root element/],
    ['a document type', '\n<!DOCTYPE a [<!ENTITY b "c">]><root/>', /document type .* \(line 2\)/],
    ['an end too many', '</root>', /end of root/],
    ['another end', '<root><a></b></root>', /end of b/],
    ['no end', '<root>\n<a></a>\n', /\(line 3\)|ends within/],
    ['an open instruction', '<root><?x</root>', /"\?>"/],
    ['the same attribute twice', '<root a="1" a="2"/>', /twice/],
    ['an attribute without a value', '<root a/>', /without a value/],
    ['an unknown reference', '<root>&b;</root>', /reference/],
    ['names of objects', '<__proto__ constructor="x"/>', /no root element/],
    ['a tower', '<root>'.repeat(500_000), /deeper than 32/],
  ])('refuses %s', (_title, text, reason) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ name: 'RangeError', message: expect.stringMatching(reason) }),
    );
  });
});
