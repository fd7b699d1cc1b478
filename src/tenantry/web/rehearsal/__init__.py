"""What only a rehearsal has: moving the sandbox's clock, and the mailbox that nothing leaves."""
