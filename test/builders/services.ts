/** The services at whose counters the tests stand, by what is asked for there (`registry/data/catalogue.json`), and what stops it. */
export const SERVICES = {
  // LISTING: blocked.
  companyRegistration: 'AIC-01',
  changeOfRepresentative: 'AIC-02',
  procurementSupplier: 'FIN-01',
  taxCreditGrade: 'TAX-01',
  // LISTING: a human decides.
  planningScheme: 'PLN-01',
  schoolPromoter: 'EDU-02',
  labourExport: 'COM-01',
  foodProduction: 'FDA-01',
  travelAgency: 'TOU-01',
  scienceProject: 'SCI-01',
  // LISTING, or SEAL where the unit is the seized one: a human decides.
  sale: 'BDC-01',
  // CONSUMPTION: blocked.
  purchase: 'BDC-02',
  newHome: 'HOU-01',
  // LISTING or CONSUMPTION: blocked.
  housingLoan: 'HPF-01',
  // CONSUMPTION, where its judge confirms it: a human decides. Off until an administrator switches it on.
  schoolEnrolment: 'EDU-01',
  // LISTING; switched off.
  housingSubsidy: 'HOU-05',
  // EXIT: the court’s order is carried out.
  exitDocument: 'PSB-04',
} as const;
