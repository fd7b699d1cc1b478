"""The design system: tokens, components, template tags, drawings, ES modules and their gallery."""
