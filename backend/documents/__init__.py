"""What people send from their phones: declared, sent, checked, and only then readable (Dokumente, Nachweise)."""
