/** Every export is a registered workflow type. */
export { customer } from './customer.ts';
export { elevatedAccess } from './elevated-access.ts';
export { offboarding } from './offboarding.ts';
export { onboarding } from './onboarding.ts';
export { roleChange } from './role-change.ts';
