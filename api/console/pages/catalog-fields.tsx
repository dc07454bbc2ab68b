import type { FC } from 'hono/jsx';
import type { CatalogSection } from '../../../domain/catalog.ts';
import type { FieldsProps } from './catalog-field-kit.tsx';
import { CustomerTypeFields, OverrideFields } from './catalog-customer-fields.tsx';
import { ResourceFields } from './catalog-resource-fields.tsx';
import { RoleFields, TierFields } from './catalog-role-fields.tsx';
import { SettingsFields } from './catalog-settings-fields.tsx';

/** The fields of one part's form. */
export const partFields: Readonly<Record<CatalogSection, FC<FieldsProps>>> = {
  roles: RoleFields,
  tiers: TierFields,
  resources: ResourceFields,
  customer_types: CustomerTypeFields,
  overrides: OverrideFields,
  settings: SettingsFields,
};
