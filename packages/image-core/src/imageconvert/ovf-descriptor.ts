import type { Ova } from './ova.js';

/** What a virtual machine made from the package is offered at first; the one who imports it decides. */
const PROCESSORS = 2;
const MEMORY_MIB = 2048;

const SCHEMAS = {
  ovf: 'http://schemas.dmtf.org/ovf/envelope/1',
  rasd: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData',
  vssd: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData',
  vmw: 'http://www.vmware.com/schema/ovf',
};

/** The envelope of an OVF package (DSP0243 1.1): one Linux machine with one SATA disk and one network card. Pure. */
export function ovfDescriptor({ name, disk, efi }: Ova): string {
  const items = [
    item(1, 3, { 'rasd:ElementName': `${PROCESSORS} processors`, 'rasd:VirtualQuantity': PROCESSORS }),
    item(2, 4, {
      'rasd:AllocationUnits': 'byte * 2^20',
      'rasd:ElementName': `${MEMORY_MIB} MiB of memory`,
      'rasd:VirtualQuantity': MEMORY_MIB,
    }),
    item(3, 20, { 'rasd:Address': 0, 'rasd:ElementName': 'SATA controller', 'rasd:ResourceSubType': 'AHCI' }),
    item(4, 17, {
      'rasd:AddressOnParent': 0,
      'rasd:ElementName': 'disk',
      'rasd:HostResource': 'ovf:/disk/disk1',
      'rasd:Parent': 3,
    }),
    item(5, 10, {
      'rasd:AddressOnParent': 1,
      'rasd:AutomaticAllocation': 'true',
      'rasd:Connection': 'network',
      'rasd:ElementName': 'network card',
      'rasd:ResourceSubType': 'E1000',
    }),
  ];
  const namespaces = Object.entries(SCHEMAS).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`);
  const firmware = efi ? '\n      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>' : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="${SCHEMAS.ovf}"${namespaces.join('')}>
  <References>
    <File ovf:id="file1" ovf:href="${escaped(disk.file)}" ovf:size="${disk.bytes}"/>
  </References>
  <DiskSection>
    <Info>Disks</Info>
    <Disk ovf:diskId="disk1" ovf:fileRef="file1" ovf:capacity="${disk.capacity}" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <NetworkSection>
    <Info>Networks</Info>
    <Network ovf:name="network">
      <Description>The network of the first card</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id="${escaped(name)}">
    <Info>A virtual machine</Info>
    <Name>${escaped(name)}</Name>
    <OperatingSystemSection ovf:id="101">
      <Info>Linux, 64 bits</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Virtual hardware</Info>
      <System>
        <vssd:ElementName>Virtual hardware</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${escaped(name)}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType>
      </System>
${items.join('\n')}${firmware}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}

/** The elements of an item stand in alphabetical order: its schema is a sequence. */
function item(instance: number, type: number, fields: Readonly<Record<string, string | number>>): string {
  const all = { ...fields, 'rasd:InstanceID': instance, 'rasd:ResourceType': type };
  const lines = Object.entries(all)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([element, value]) => `        <${element}>${escaped(String(value))}</${element}>`);
  return ['      <Item>', ...lines, '      </Item>'].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
