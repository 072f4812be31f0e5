import { seededUuid } from '@ic/utils';
import { guidBytes } from '../imagedisk/guid-bytes.js';
import { type OpenWriter, SPAN, writeAt } from './extent.js';

const UNALLOCATED = 0xffffffff;
/** Where the block map begins. The data follow at the next whole MiB, as VirtualBox aligns them. */
const MAP_AT = SPAN;

/**
 * A dynamic VDI with blocks of 1 MiB (VirtualBox, VDICore.h, header 1.1 plus). Of a block with little in it, the rest is a hole.
 */
export const openVdi: OpenWriter = (output, { size, seed }) => {
  const blocks = Math.ceil(size / SPAN);
  const map = Buffer.alloc(Math.max(512, Math.ceil((4 * blocks) / 512) * 512));
  for (let block = 0; block < blocks; block += 1) map.writeUInt32LE(UNALLOCATED, 4 * block);
  const dataAt = Math.ceil((MAP_AT + map.length) / SPAN) * SPAN;
  let allocated = 0;
  return {
    write: async ({ position, bytes }) => {
      const block = Math.floor(position / SPAN);
      let place = map.readUInt32LE(4 * block);
      if (place === UNALLOCATED) {
        place = allocated;
        allocated += 1;
        map.writeUInt32LE(place, 4 * block);
      }
      await writeAt(output, bytes, dataAt + place * SPAN + (position % SPAN));
    },
    finish: async () => {
      await writeAt(output, header({ size, seed, blocks, allocated, dataAt }), 0);
      await writeAt(output, map, MAP_AT);
      await output.truncate(dataAt + allocated * SPAN);
    },
  };
};

interface Header {
  readonly size: number;
  readonly seed: string;
  readonly blocks: number;
  readonly allocated: number;
  readonly dataAt: number;
}

function header({ size, seed, blocks, allocated, dataAt }: Header): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write('<<< Oracle VM VirtualBox Disk Image >>>\n', 0, 'latin1');
  bytes.writeUInt32LE(0xbeda107f, 64);
  bytes.writeUInt32LE(0x00010001, 68);
  bytes.writeUInt32LE(400, 72); // length of the header from here on
  bytes.writeUInt32LE(1, 76); // dynamic
  bytes.writeUInt32LE(MAP_AT, 340);
  bytes.writeUInt32LE(dataAt, 344);
  bytes.writeUInt32LE(512, 360);
  bytes.writeBigUInt64LE(BigInt(size), 368);
  bytes.writeUInt32LE(SPAN, 376);
  bytes.writeUInt32LE(blocks, 384);
  bytes.writeUInt32LE(allocated, 388);
  guidBytes(seededUuid(seed, 'vdi')).copy(bytes, 392);
  guidBytes(seededUuid(seed, 'vdi', 'modification')).copy(bytes, 408);
  return bytes;
}
